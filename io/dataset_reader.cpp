// SPDX-License-Identifier: MIT
// HDF5 files as data sets.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "core/error.hpp"
#include "core/matrix.hpp"
#include "io/dataset_description.hpp"
#include "io/dataset_file.hpp"
#include "io/feature_rows.hpp"
#include "io/gather.hpp"
#include "io/hdf5_attribute.hpp"
#include "io/memory_limit.hpp"

namespace lockstep {
namespace {

constexpr std::string_view advice = "make one with 'lockstep data import' or h5py";
/// More classes than this are rather identifiers, unless the file says how many there are.
constexpr Label most_unannounced_classes = 65536;

/// A stored number that is finite, but not as Scalar.
std::optional<double> too_large(double stored) {
  if (std::isfinite(stored) && !std::isfinite(static_cast<Scalar>(stored))) return stored;
  return std::nullopt;
}

/// "column 'alcohol'", or "column 3" counted from 1.
std::string column_text(const std::vector<std::string>& names, Index column) {
  if (names.empty()) return fmt::format("column {}", column + 1);
  return fmt::format("column '{}'", names[static_cast<std::size_t>(column)]);
}

[[noreturn]] void throw_not_finite(const DatasetInfo& info, std::string_view array,
                                   const std::vector<std::string>& names, Index row, Index column, double stored) {
  if (const std::optional<double> value = too_large(stored)) {
    throw FileError{
        info.name, fmt::format("{} holds {} in row {} (counted from 1), {}, which is beyond the range of the "
                               "numbers that training computes in ({}); store it in a larger unit",
                               array, *value, row + 1, column_text(names, column), std::numeric_limits<Scalar>::max())};
  }
  throw FileError{info.name, fmt::format("{} holds NaN or infinity in row {} (counted from 1), {}; remove or fill "
                                         "missing values and make the file again",
                                         array, row + 1, column_text(names, column))};
}

/// What is stored in that row, which int32 may have cut off.
double stored_label(const Hdf5Array& targets, std::size_t row) {
  const auto index = static_cast<Index>(row);
  double stored = 0;
  targets.read({index, index + 1}, Element::float64, &stored);
  return stored;
}

std::vector<Label> read_labels(const Hdf5Array& targets, DatasetInfo& info) {
  require_memory(info.samples * static_cast<Index>(sizeof(Label)), info.name, "/targets");
  std::vector<Label> labels(static_cast<std::size_t>(info.samples));
  targets.read({0, info.samples}, Element::int32, labels.data());
  if (info.classes == 0) {
    const auto largest = std::max_element(labels.begin(), labels.end());
    if (*largest >= most_unannounced_classes) {
      const auto row = static_cast<std::size_t>(largest - labels.begin());
      throw FileError{info.name,
                      fmt::format("row {} (counted from 1) of /targets has label {}; number classes 0, 1, 2, "
                                  "..., or set the attribute 'classes'",
                                  row + 1, stored_label(targets, row))};
    }
    info.classes = std::max<Index>(1, Index{*largest} + 1);
  }
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] >= 0 && labels[row] < info.classes) continue;
    throw FileError{info.name,
                    fmt::format("row {} (counted from 1) of /targets has label {}, outside [0, {}); number the classes "
                                "from 0{}",
                                row + 1, stored_label(targets, row), info.classes,
                                info.class_names.empty() ? "" : ", and give each of them one of class_names")};
  }
  return labels;
}

/// (targets x samples), columns being samples.
Matrix read_values(const Hdf5Array& targets, const DatasetInfo& info) {
  require_memory(info.samples * info.targets * static_cast<Index>(sizeof(Scalar)), info.name, "/targets");
  Matrix values(info.targets, info.samples);
  targets.read({0, info.samples}, scalar_element, values.data());
  for (Index row = 0; row < info.samples; ++row) {
    for (Index column = 0; column < info.targets; ++column) {
      if (std::isfinite(values(column, row))) continue;
      std::vector<double> stored(static_cast<std::size_t>(info.targets));
      targets.read({row, row + 1}, Element::float64, stored.data());
      throw_not_finite(info, "/targets", info.target_names, row, column, stored[static_cast<std::size_t>(column)]);
    }
  }
  return values;
}

/// The number at `place` of a stored row, for a message.
double stored_number(Element element, const std::byte* stored, Index place) {
  const std::byte* address = stored + static_cast<std::size_t>(place) * bytes_of(element);
  float single = 0;
  double number = 0;
  if (element == Element::float64) {
    std::memcpy(&number, address, sizeof number);
    return number;
  }
  std::memcpy(&single, address, sizeof single);
  return single;
}

class Hdf5Dataset final : public Dataset {
 public:
  Hdf5Dataset(DatasetInfo info, std::unique_ptr<FeatureRows> features, std::vector<Label> labels, Matrix values)
      : info_{std::move(info)},
        features_{std::move(features)},
        labels_{std::move(labels)},
        values_{std::move(values)} {}

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  [[nodiscard]] ReadPattern read_pattern() const override { return features_->read_pattern(); }
  void prefetch(std::span<const Index> rows) const override { features_->prefetch(rows); }

  void gather_features(std::span<const Index> rows, const AffineTransform& transform, Panel features) const override {
    assert(features.rows == info_.features && features.columns == static_cast<Index>(rows.size()));
    const Element element = features_->element();
    features_->visit(rows, [&](std::size_t k, StoredSample stored) {
      Scalar* column = features.column(static_cast<Index>(k));
      if (!gather_column(element, stored, transform, {column, static_cast<std::size_t>(features.rows)})) {
        const Index bad = first_not_finite(element, stored.numbers, features.rows);
        throw_not_finite(info_, "/features", info_.feature_names, rows[k], bad,
                         stored_number(element, stored.numbers, bad));
      }
      std::fill(column + features.rows, column + features.stride, Scalar{0});
    });
  }

  void gather_labels(std::span<const Index> rows, std::span<Label> labels) const override {
    assert(info_.task == Task::classification && info_.targets > 0 && labels.size() == rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k) labels[k] = labels_[static_cast<std::size_t>(rows[k])];
  }

  void gather_values(std::span<const Index> rows, const AffineTransform& transform, Panel values) const override {
    assert(info_.task == Task::regression && info_.targets > 0 && values.rows == info_.targets);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      Scalar* column = values.column(static_cast<Index>(k));
      const auto* const stored = reinterpret_cast<const std::byte*>(values_.col(rows[k]).data());
      const bool finite =
          gather_column(scalar_element, {stored, stored}, transform, {column, static_cast<std::size_t>(values.rows)});
      assert(finite && "checked when opened");
      static_cast<void>(finite);
      std::fill(column + values.rows, column + values.stride, Scalar{0});
    }
  }

 private:
  DatasetInfo info_;
  std::unique_ptr<FeatureRows> features_;
  std::vector<Label> labels_;
  Matrix values_;
};

void require_array(const Hdf5File& file, const std::string& name, std::string_view otherwise) {
  if (file.has(name)) return;
  throw FileError{file.path(), fmt::format("has no {}; {}", name, otherwise)};
}

std::string type_name(const Hdf5Array& features) {
  const std::optional<Element> element = features.stored_element();
  if (!element) return features.kind() == ElementKind::integer ? "integers" : "floating point";
  switch (*element) {
    case Element::uint8:
      return "uint8";
    case Element::int32:
      return "int32";
    case Element::float32:
      return "float32";
    case Element::float64:
      return "float64";
  }
  return {};
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const std::string& path, TargetsWanted wanted) {
  Hdf5File file = Hdf5File::open(path, advice);
  require_array(file, "/features", "a data set needs /features (samples, features)");
  std::optional<Hdf5Array> targets;
  if (wanted == TargetsWanted::required) {
    require_array(file, "/targets",
                  "without targets a data set serves 'lockstep predict' only; to train or evaluate, make it with "
                  "/targets, int32 classes or float values, one row a sample");
  }
  if (file.has("/targets")) targets.emplace(Hdf5Array::open(file, "/targets"));
  Hdf5Array features = Hdf5Array::open(file, "/features");
  DatasetInfo info = read_description(file, features, targets ? &*targets : nullptr);
  // Mapping finds truncation before anything is allocated for a size that may be wrong.
  std::unique_ptr<FeatureRows> rows = open_feature_rows(std::move(file), std::move(features));
  std::vector<Label> labels;
  Matrix values;
  if (targets && info.task == Task::classification) labels = read_labels(*targets, info);
  if (targets && info.task == Task::regression) values = read_values(*targets, info);
  return std::make_unique<Hdf5Dataset>(std::move(info), std::move(rows), std::move(labels), std::move(values));
}

DatasetStorage dataset_storage(const std::string& path) {
  const Hdf5File file = Hdf5File::open(path, advice);
  const Hdf5Array features = Hdf5Array::open(file, "/features");
  return {.type = type_name(features), .chunk_samples = features.chunk_rows()};
}

std::string extra_attribute(const std::string& path, std::string_view name) {
  const Hdf5File file = Hdf5File::open(path, advice);
  return Hdf5Attributes{file, "/"}.text(name).value_or("");
}

}  // namespace lockstep
