// SPDX-License-Identifier: MIT
// DatasetInfo to attributes and back.
#include "io/dataset_description.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "io/hdf5_attribute.hpp"

namespace lockstep {
namespace {

constexpr std::string_view byte_scaling_text = "divide-by-255";
constexpr std::string_view no_scaling_text = "none";

std::vector<std::string> read_names(const Hdf5Attributes& attributes, const std::string& path, std::string_view name,
                                    Index count, std::string_view counted) {
  std::vector<std::string> names = attributes.texts(name).value_or(std::vector<std::string>{});
  if (!names.empty() && static_cast<Index>(names.size()) != count) {
    throw FileError{path, fmt::format("attribute '{}' has {} names, but there are {} {}; give one name for each", name,
                                      names.size(), count, counted)};
  }
  return names;
}

void check_version(const Hdf5Attributes& attributes, const std::string& path) {
  const auto version = attributes.integers("format_version");
  if (!version) return;
  if (version->size() != 1 || version->front() < 1 || version->front() > dataset_format_version) {
    throw FileError{path, fmt::format("format version {} of this data set is unknown, this program reads up to {}; use "
                                      "a newer Lockstep, or make the file again",
                                      fmt::join(*version, ", "), dataset_format_version)};
  }
}

bool read_scaling(const Hdf5Attributes& attributes, const std::string& path, bool bytes) {
  const std::string scaling =
      attributes.text("scaling").value_or(std::string{bytes ? byte_scaling_text : no_scaling_text});
  if (scaling == no_scaling_text) return false;
  if (scaling != byte_scaling_text) {
    throw FileError{path, fmt::format("attribute 'scaling' is '{}'; it must be '{}' or '{}'", scaling,
                                      byte_scaling_text, no_scaling_text)};
  }
  if (!bytes) {
    throw FileError{path, fmt::format("attribute 'scaling' is '{}', but /features does not hold uint8; store bytes or "
                                      "set it to '{}'",
                                      scaling, no_scaling_text)};
  }
  return true;
}

void check_features(const std::string& path, const Hdf5Array& features) {
  if (features.shape().size() < 2) {
    throw FileError{path,
                    fmt::format("/features has one axis of {}; store it as (samples, features)", features.rows())};
  }
  if (features.rows() == 0 || features.row_size() == 0) {
    throw FileError{path, fmt::format("/features has the shape ({}) and so holds no samples; store at least one sample "
                                      "of one feature",
                                      fmt::join(features.shape(), ", "))};
  }
  if (features.kind() == ElementKind::other) {
    throw FileError{path, "/features holds neither integers nor floating-point numbers; store uint8 or float32"};
  }
}

void check_targets(const std::string& path, const Hdf5Array& features, const Hdf5Array& targets) {
  if (targets.rows() != features.rows()) {
    throw FileError{path, fmt::format("/features has {} samples and /targets has {}; they must agree", features.rows(),
                                      targets.rows())};
  }
  if (targets.shape().size() > 2 || targets.row_size() == 0) {
    throw FileError{path, fmt::format("/targets has the shape ({}); store it as (samples) or (samples, targets)",
                                      fmt::join(targets.shape(), ", "))};
  }
  if (targets.kind() == ElementKind::other) {
    throw FileError{path,
                    "/targets holds neither integers nor floating-point numbers; store int32 classes or float32 "
                    "values"};
  }
}

/// What the file says, else what its targets are.
Task read_task(const Hdf5Attributes& attributes, const std::string& path, const Hdf5Array* targets) {
  const bool whole = targets == nullptr || targets->kind() == ElementKind::integer;
  const std::optional<std::string> text = attributes.text("task");
  if (!text) return whole ? Task::classification : Task::regression;
  const std::string_view classification = name_of(Task::classification);
  const std::string_view regression = name_of(Task::regression);
  if (*text != classification && *text != regression) {
    throw FileError{
        path, fmt::format("attribute 'task' is '{}'; it must be '{}' or '{}'", *text, classification, regression)};
  }
  return task_named(*text);
}

void check_classes(const std::string& path, const Hdf5Array& targets) {
  if (targets.kind() != ElementKind::integer) {
    throw FileError{path,
                    "attribute 'task' is 'classification', but /targets holds floating-point numbers; store "
                    "classes as integers"};
  }
  if (targets.row_size() != 1) {
    throw FileError{path, fmt::format("/targets holds {} integers a sample, but a class is one integer; store class "
                                      "numbers, or floating-point values for regression",
                                      targets.row_size())};
  }
}

Index read_classes(const Hdf5Attributes& attributes, const std::string& path) {
  const auto classes = attributes.integers("classes");
  const auto names = attributes.texts("class_names");
  if (!classes) return names ? static_cast<Index>(names->size()) : 0;
  if (classes->size() != 1 || classes->front() < 1 || classes->front() > most_classes) {
    throw FileError{path, fmt::format("attribute 'classes' is ({}); it must be one number from 1 to {}",
                                      fmt::join(*classes, ", "), most_classes)};
  }
  return classes->front();
}

std::vector<Index> read_feature_shape(const Hdf5Attributes& attributes, const Hdf5File& file,
                                      const Hdf5Array& features) {
  const std::vector<Index> stored{features.shape().begin() + 1, features.shape().end()};
  const std::vector<Index> shape = attributes.integers("feature_shape").value_or(stored);
  Index product = 1;
  for (const Index axis : shape) {
    // Checked before multiplying: an attribute may hold anything.
    const bool divides = axis > 0 && (features.row_size() / product) % axis == 0;
    product = divides ? product * axis : 0;
    if (product == 0) break;
  }
  if (product != features.row_size()) {
    throw FileError{file.path(), fmt::format("attribute 'feature_shape' is ({}), which is not {} features; correct it",
                                             fmt::join(shape, ", "), features.row_size())};
  }
  return shape;
}

}  // namespace

void write_description(const Hdf5File& file, const DatasetInfo& info) {
  const Hdf5Attributes attributes{file, "/"};
  const bool classes = info.task == Task::classification;
  attributes.write_integer("format_version", dataset_format_version);
  attributes.write_text("task", name_of(info.task));
  attributes.write_text("scaling", info.byte_features ? byte_scaling_text : no_scaling_text);
  if (!info.feature_shape.empty()) attributes.write_integers("feature_shape", info.feature_shape);
  if (classes && info.classes > 0) attributes.write_integer("classes", info.classes);
  if (classes) attributes.write_names("class_names", info.class_names);
  attributes.write_names("feature_names", info.feature_names);
  attributes.write_names("target_names", info.target_names);
}

DatasetInfo read_description(const Hdf5File& file, const Hdf5Array& features, const Hdf5Array* targets) {
  const Hdf5Attributes attributes{file, "/"};
  const std::string& path = file.path();
  check_version(attributes, path);
  check_features(path, features);
  if (targets != nullptr) check_targets(path, features, *targets);
  DatasetInfo info;
  info.name = path;
  info.task = read_task(attributes, path, targets);
  info.samples = features.rows();
  info.features = features.row_size();
  info.targets = targets == nullptr ? 0 : targets->row_size();
  if (info.task == Task::classification) {
    if (targets != nullptr) check_classes(path, *targets);
    info.classes = read_classes(attributes, path);
    info.class_names = read_names(attributes, path, "class_names", info.classes, "classes");
  }
  info.feature_names = read_names(attributes, path, "feature_names", info.features, "features");
  if (targets != nullptr) info.target_names = read_names(attributes, path, "target_names", info.targets, "targets");
  info.feature_shape = read_feature_shape(attributes, file, features);
  info.byte_features = read_scaling(attributes, path, features.stored_element() == Element::uint8);
  return info;
}

}  // namespace lockstep
