// SPDX-License-Identifier: MIT
// Images and labels, streamed side by side.
#include "io/idx_import.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "io/class_census.hpp"
#include "io/idx_file.hpp"
#include "io/output_path.hpp"

namespace lockstep {
namespace {

constexpr Index block_bytes = Index{1} << 20U;
constexpr Index block_labels = Index{1} << 17U;
constexpr Index most_numbered_classes = 100'000;

/// Calls body(labels) for block after block of the file, checked.
template <class Body>
void for_each_block(IdxFile& file, Body&& body) {
  std::vector<double> block;
  std::vector<Label> labels;
  for (Index begin = 0; begin < file.samples(); begin += block_labels) {
    block.resize(static_cast<std::size_t>(std::min(block_labels, file.samples() - begin)));
    file.read_values(block);
    labels.clear();
    for (const double value : block) {
      if (!(value >= 0 && value < static_cast<double>(most_numbered_classes) && value == std::floor(value))) {
        throw FileError{file.path(),
                        fmt::format("label {} of sample {} is not a class; classes are whole numbers "
                                    "from 0 to {}",
                                    value, begin + static_cast<Index>(labels.size()) + 1, most_numbered_classes - 1)};
      }
      labels.push_back(static_cast<Label>(value));
    }
    body(labels);
  }
  file.expect_end();
}

void check_pair(const IdxFile& images, const IdxFile& labels) {
  if (images.shape().size() == 1 && labels.shape().size() > 1) {
    throw RequestError{
        fmt::format("{} holds labels and {} images; name the images first", images.path(), labels.path())};
  }
  if (labels.shape().size() != 1) {
    throw FileError{labels.path(), fmt::format("is no file of labels: it has {} dimensions ({}), not one",
                                               labels.shape().size(), fmt::join(labels.shape(), " x "))};
  }
  if (images.samples() != labels.samples()) {
    throw RequestError{fmt::format("{} has {} samples and {} has {} labels; are they of the same set?", images.path(),
                                   images.samples(), labels.path(), labels.samples())};
  }
}

/// Takes classes from the data set that these samples should be like, or throws what differs.
void match(const DatasetInfo& like, const IdxImport& request, const ClassCensus& census, DatasetInfo& info) {
  std::vector<std::string> problems;
  if (like.task != Task::classification) {
    problems.push_back(fmt::format("{} is a regression data set, {} has classes", request.like, request.labels));
  }
  if (like.features != info.features || like.byte_features != info.byte_features) {
    problems.push_back(fmt::format("{} has {} {} features a sample, {} has {} {}", request.images, info.features,
                                   info.byte_features ? "byte" : "float", request.like, like.features,
                                   like.byte_features ? "byte" : "float"));
  }
  if (like.task == Task::classification && info.classes > like.classes) {
    // Of all classes that the other has not, the one that comes first.
    const auto begin = census.classes().begin() + like.classes;
    const auto foreign = std::min_element(begin, census.classes().end(), [](const auto& a, const auto& b) {
      return a.samples > 0 && (b.samples == 0 || a.first_place < b.first_place);
    });
    problems.push_back(fmt::format("{}: sample {} is of class {}, and {} has the classes 0 to {}", request.labels,
                                   foreign->first_place, foreign - census.classes().begin(), request.like,
                                   like.classes - 1));
  }
  if (!problems.empty()) throw RequestError{problems};
  info.classes = like.classes;
  info.class_names = like.class_names;
}

DatasetInfo describe(const IdxImport& request, const IdxFile& images, const ClassCensus& census) {
  DatasetInfo info;
  info.name = request.images;
  info.samples = images.samples();
  info.features = images.values_per_sample();
  info.classes = static_cast<Index>(census.classes().size());
  info.feature_shape.assign(images.shape().begin() + 1, images.shape().end());
  info.byte_features = images.type() == IdxType::uint8;
  if (info.feature_shape.empty()) info.feature_shape = {1};
  if (!request.like.empty()) match(open_dataset(request.like)->info(), request, census, info);
  if (request.class_names.empty()) return info;
  if (static_cast<Index>(request.class_names.size()) < info.classes) {
    throw RequestError{fmt::format("{} class names for {} classes; name every class, in the order of the labels",
                                   request.class_names.size(), info.classes)};
  }
  info.class_names = request.class_names;
  info.classes = static_cast<Index>(request.class_names.size());
  return info;
}

void copy_bytes(IdxFile& images, Index samples, DatasetWriter& writer) {
  std::vector<std::uint8_t> block(static_cast<std::size_t>(samples * images.values_per_sample()));
  images.read_bytes(block);
  writer.append_bytes(block);
}

void copy_values(IdxFile& images, Index first_sample, Index samples, DatasetWriter& writer) {
  std::vector<double> block(static_cast<std::size_t>(samples * images.values_per_sample()));
  images.read_values(block);
  std::vector<float> floats(block.size());
  for (std::size_t i = 0; i < block.size(); ++i) {
    floats[i] = static_cast<float>(block[i]);
    if (std::isfinite(floats[i])) continue;
    const auto place = static_cast<Index>(i);
    throw FileError{images.path(), fmt::format("sample {}, value {}: {} is not a number that a float can hold",
                                               first_sample + place / images.values_per_sample() + 1,
                                               place % images.values_per_sample() + 1, block[i])};
  }
  writer.append_floats(floats);
}

}  // namespace

IdxReport import_idx(const IdxImport& request, const DatasetOutput& output, const WorkProgress& progress) {
  require_writable(output.path, output.replace, {request.images, request.labels, request.like});
  IdxFile images{request.images};
  IdxFile label_file{request.labels};
  check_pair(images, label_file);
  ClassCensus census{"sample"};
  Index sample = 0;
  for_each_block(label_file, [&](const std::vector<Label>& labels) {
    for (const Label label : labels) census.add(label, ++sample);
  });
  const DatasetInfo info = describe(request, images, census);

  DatasetWriter writer{output.path, info, output.layout, output.replace};
  const Index block = std::max(Index{1}, block_bytes / (images.values_per_sample() * size_of(images.type())));
  for (Index begin = 0; begin < info.samples; begin += block) {
    const Index samples = std::min(block, info.samples - begin);
    if (info.byte_features) {
      copy_bytes(images, samples, writer);
    } else {
      copy_values(images, begin, samples, writer);
    }
    if (progress) progress(images.fraction());
  }
  images.expect_end();
  IdxFile labels_again{request.labels};
  for_each_block(labels_again, [&](const std::vector<Label>& labels) { writer.append_labels(labels); });
  writer.close();
  return {.info = info,
          .warnings = request.like.empty() ? census.warnings(request.labels, info) : std::vector<std::string>{}};
}

}  // namespace lockstep
