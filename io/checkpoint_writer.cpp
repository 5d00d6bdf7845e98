// SPDX-License-Identifier: MIT
// A state into an HDF5 image, and the image onto the disk.
#include <fmt/format.h>

#include <array>
#include <cassert>

#include "core/optimizer.hpp"
#include "io/checkpoint_content.hpp"
#include "io/checkpoint_file.hpp"
#include "io/checkpoint_header.hpp"
#include "io/checksum.hpp"
#include "io/durable_file.hpp"
#include "io/hdf5_array.hpp"
#include "io/hdf5_attribute.hpp"

namespace lockstep {
namespace {

void write_array(const Hdf5File& file, const std::string& name, const std::vector<Index>& shape, Element element,
                 const void* values) {
  Index count = 1;
  for (const Index axis : shape) count *= axis;
  Hdf5Array::create(file, name, shape, element).write({0, shape.front()}, element, values);
  const std::span<const std::byte> bytes{static_cast<const std::byte*>(values),
                                         static_cast<std::size_t>(count) * bytes_of(element)};
  Hdf5Attributes{file, name}.write_text(checksum_attribute, checksum_of(bytes));
}

template <class Number>
void write_list(const Hdf5File& file, const std::string& name, Element element, const std::vector<Number>& values) {
  if (!values.empty()) write_array(file, name, {static_cast<Index>(values.size())}, element, values.data());
}

/// One array a block: (units, fan_in) for weights, (units) for biases.
void write_blocks(const Hdf5File& file, const std::string& group, const ParameterLayout& layout,
                  const AlignedBuffer& buffer) {
  assert(buffer.size() == layout.buffer_size());
  for (const ParameterBlock& block : layout.blocks()) {
    const std::vector<Index> shape =
        block.bias ? std::vector<Index>{block.units} : std::vector<Index>{block.units, block.fan_in};
    write_array(file, group + "/" + block.name, shape, scalar_element, buffer.data() + block.offset);
  }
}

void write_model(const Hdf5File& file, const Model& model) {
  file.require_group("/model");
  const Hdf5Attributes attributes{file, "/model"};
  const NetworkSpec& spec = model.network.spec();
  attributes.write_integer("inputs", spec.inputs);
  if (!spec.hidden.empty()) attributes.write_integers("hidden", spec.hidden);
  attributes.write_integer("outputs", spec.outputs);
  attributes.write_text("activation", name_of(spec.activation));
  attributes.write_text("output_activation", name_of(spec.output));
  attributes.write_real("input_dropout", spec.input_dropout);
  attributes.write_real("dropout", spec.dropout);
  attributes.write_text("loss", name_of(model.loss));
  attributes.write_text("task", name_of(model.task));
  attributes.write_integer("classes", model.classes);
  attributes.write_names("class_names", model.class_names);
  attributes.write_names("feature_names", model.feature_names);
  attributes.write_names("target_names", model.target_names);
  write_list(file, "/model/input_shift", scalar_element, model.input_transform.shift);
  write_list(file, "/model/input_factor", scalar_element, model.input_transform.factor);
  write_list(file, "/model/target_shift", scalar_element, model.target_transform.shift);
  write_list(file, "/model/target_factor", scalar_element, model.target_transform.factor);
  write_blocks(file, "/parameters", model.network.layout(), model.parameters);
}

/// The names of the optimizer's arrays, as the configuration calls them; numbers where it is not known.
std::vector<std::string> optimizer_array_names(const Checkpoint& checkpoint) {
  const std::size_t count = checkpoint.state.optimizer.size();
  const auto& configuration = checkpoint.configuration;
  if (const auto setting = configuration.find("optimizer"); setting != configuration.end()) {
    const auto exchange = configuration.find("exchange");
    std::vector<std::string> names = optimizer_arrays(
        optimizer_named(setting->second),
        exchange == configuration.end() ? Precision::float32 : value_in(precision_names, "exchange", exchange->second));
    if (names.size() == count) return names;
  }
  std::vector<std::string> numbers;
  for (std::size_t number = 1; number <= count; ++number) numbers.push_back(fmt::format("state{}", number));
  return numbers;
}

void write_optimizer(const Hdf5File& file, const Checkpoint& checkpoint) {
  file.require_group("/optimizer");
  const std::vector<std::string> names = optimizer_array_names(checkpoint);
  Hdf5Attributes{file, "/optimizer"}.write_names("arrays", names);
  for (std::size_t array = 0; array < names.size(); ++array) {
    write_blocks(file, "/optimizer/" + names[array], checkpoint.model.network.layout(),
                 checkpoint.state.optimizer[array]);
  }
}

void write_training(const Hdf5File& file, const TrainingState& state) {
  file.require_group("/training");
  const Hdf5Attributes attributes{file, "/training"};
  attributes.write_integer("step", static_cast<Index>(state.step));
  attributes.write_integer("epoch", state.epoch);
  attributes.write_integer("step_in_epoch", state.step_in_epoch);
  attributes.write_integer("finished", state.finished ? 1 : 0);
  write_list(file, "/training/epoch_sums", Element::float64, state.epoch_sums);
  std::vector<char> lines;
  for (const std::string& line : state.history) {
    assert(line.find('\n') == std::string::npos);
    lines.insert(lines.end(), line.begin(), line.end());
    lines.push_back('\n');
  }
  write_list(file, "/training/history", Element::uint8, lines);
}

void write_best(const Hdf5File& file, const ParameterLayout& layout, const BestSoFar& best) {
  file.require_group("/best");
  const Hdf5Attributes attributes{file, "/best"};
  attributes.write_real("loss", best.loss);
  attributes.write_integer("epoch", best.epoch);
  write_blocks(file, "/best/parameters", layout, best.parameters);
}

std::size_t expected_bytes(const Checkpoint& checkpoint) {
  const std::size_t copies = 1 + checkpoint.state.optimizer.size() + (checkpoint.state.best ? 1 : 0);
  return copies * static_cast<std::size_t>(checkpoint.model.network.layout().buffer_size()) * sizeof(Scalar);
}

}  // namespace

void write_checkpoint_content(const Hdf5File& file, const Checkpoint& checkpoint) {
  const Hdf5Attributes attributes{file, "/"};
  attributes.write_integer("format_version", checkpoint_format_version);
  attributes.write_text("scalar", scalar_element == Element::float32 ? "float32" : "float64");
  file.require_group("/configuration");
  const Hdf5Attributes settings{file, "/configuration"};
  for (const auto& setting : checkpoint.configuration) settings.write_text(setting.first, setting.second);
  write_model(file, checkpoint.model);
  write_optimizer(file, checkpoint);
  write_training(file, checkpoint.state);
  if (checkpoint.state.best) write_best(file, checkpoint.model.network.layout(), *checkpoint.state.best);
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  const Hdf5File file = Hdf5File::create_in_memory(path, checkpoint_header_bytes, expected_bytes(checkpoint));
  write_checkpoint_content(file, checkpoint);
  const std::string_view body = file.image().substr(checkpoint_header_bytes);
  const std::string header = checkpoint_header(body);
  write_file_durably(path, std::array<std::string_view, 2>{header, body});
}

}  // namespace lockstep
