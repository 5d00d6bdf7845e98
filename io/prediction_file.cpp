// SPDX-License-Identifier: MIT
// Writing predictions window after window.
#include "io/prediction_file.hpp"

#include <cassert>
#include <optional>

#include "core/matrix.hpp"
#include "io/durable_file.hpp"
#include "io/hdf5_array.hpp"
#include "io/hdf5_attribute.hpp"
#include "io/hdf5_file.hpp"
#include "io/output_path.hpp"

namespace lockstep {
namespace {

std::string checked_target(std::string path, bool replace) {
  require_writable(path, replace);
  return path;
}

void write_attributes(const Hdf5File& file, const PredictionInfo& info) {
  const Hdf5Attributes attributes{file, "/"};
  attributes.write_integer("format_version", prediction_format_version);
  attributes.write_text("task", name_of(info.task));
  attributes.write_text("model", info.model);
  attributes.write_text("weights_hash", info.weights_hash);
  if (info.mc_samples > 0) attributes.write_integer("mc_samples", info.mc_samples);
  attributes.write_names("class_names", info.class_names);
  attributes.write_names("target_names", info.target_names);
}

}  // namespace

class PredictionWriter::Impl {
 public:
  Impl(std::string path, const PredictionInfo& info, bool replace)
      : path_{checked_target(std::move(path), replace)}, file_{Hdf5File::create_temporary(path_)} {
    try {
      write_attributes(file_, info);
      predictions_.emplace(Hdf5Array::create(file_, "/predictions", {info.samples, info.outputs}, scalar_element));
      if (info.mc_samples > 0)
        deviations_.emplace(
            Hdf5Array::create(file_, "/standard_deviation", {info.samples, info.outputs}, scalar_element));
      if (info.task == Task::classification)
        classes_.emplace(Hdf5Array::create(file_, "/classes", {info.samples}, Element::int32));
    } catch (...) {
      discard_temporary_file(path_);
      throw;
    }
  }
  ~Impl() {
    if (!published_) discard_temporary_file(path_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void write(Index first_row, ConstPanel outputs) { write(*predictions_, first_row, outputs); }

  void write_deviations(Index first_row, ConstPanel deviations) {
    assert(deviations_.has_value());
    write(*deviations_, first_row, deviations);
  }

  void write_classes(Index first_row, std::span<const Label> classes) {
    assert(classes_.has_value());
    classes_->write({first_row, first_row + static_cast<Index>(classes.size())}, Element::int32, classes.data());
  }

  void close() {
    predictions_.reset();
    deviations_.reset();
    classes_.reset();
    file_.close();
    publish_file(path_);
    published_ = true;
  }

 private:
  void write(Hdf5Array& array, Index first_row, ConstPanel panel) {
    assert(panel.rows == array.row_size());
    dense_ = matrix_of(panel);  // columns without their padding: (samples, outputs) in C order
    array.write({first_row, first_row + panel.columns}, scalar_element, dense_.data());
  }

  std::string path_;
  Hdf5File file_;
  std::optional<Hdf5Array> predictions_;
  std::optional<Hdf5Array> deviations_;
  std::optional<Hdf5Array> classes_;
  Matrix dense_;
  bool published_ = false;
};

PredictionWriter::PredictionWriter(std::string path, PredictionInfo info, bool replace)
    : impl_{std::make_unique<Impl>(std::move(path), info, replace)} {}
PredictionWriter::~PredictionWriter() = default;
void PredictionWriter::write(Index first_row, ConstPanel outputs) { impl_->write(first_row, outputs); }
void PredictionWriter::write_deviations(Index first_row, ConstPanel deviations) {
  impl_->write_deviations(first_row, deviations);
}
void PredictionWriter::write_classes(Index first_row, std::span<const Label> classes) {
  impl_->write_classes(first_row, classes);
}
void PredictionWriter::close() { impl_->close(); }

}  // namespace lockstep
