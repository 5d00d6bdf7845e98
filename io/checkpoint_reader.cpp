// SPDX-License-Identifier: MIT
// A checkpoint's bytes, verified, back into a state.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "io/checkpoint_content.hpp"
#include "io/checkpoint_file.hpp"
#include "io/checkpoint_header.hpp"
#include "io/checksum.hpp"
#include "io/hdf5_array.hpp"
#include "io/hdf5_attribute.hpp"

namespace lockstep {
namespace {

constexpr std::string_view advice = "name a file that 'lockstep train' wrote";

[[noreturn]] void fail(const Hdf5File& file, const std::string& problem) {
  throw DamagedCheckpoint{file.path(), problem};
}

/// The value of an attribute that must be there.
template <class Value>
Value required(const Hdf5File& file, std::optional<Value> value, std::string_view name) {
  if (!value) fail(file, fmt::format("the checkpoint lacks the attribute '{}'", name));
  return std::move(*value);
}

Index required_integer(const Hdf5File& file, const Hdf5Attributes& attributes, std::string_view name) {
  const std::vector<Index> values = required(file, attributes.integers(name), name);
  if (values.size() != 1 || values.front() < 0)
    fail(file, fmt::format("attribute '{}' is not one number from 0", name));
  return values.front();
}

/// The value that an attribute names. Throws FileError that names the file.
template <class Named>
auto named(const Hdf5File& file, const Hdf5Attributes& attributes, std::string_view name, Named&& from_text) {
  const std::string text = required(file, attributes.text(name), name);
  try {
    return from_text(text);
  } catch (const RequestError& problem) {
    throw FileError{file.path(),
                    fmt::format("attribute '{}': {}; use the Lockstep that wrote it", name, problem.what())};
  }
}

/// Reads an array of this shape and element, byte for byte, and compares its checksum.
void read_array(const Hdf5File& file, const std::string& name, const std::vector<Index>& shape, Element element,
                void* values) {
  const Hdf5Array array = Hdf5Array::open(file, name);
  if (array.shape() != shape || array.stored_element() != element) {
    fail(file, fmt::format("{} has the shape ({}) where the network has ({}), or another number type", name,
                           fmt::join(array.shape(), ", "), fmt::join(shape, ", ")));
  }
  array.read({0, array.rows()}, element, values);
  const auto count = static_cast<std::size_t>(array.rows() * array.row_size());
  const std::string checksum = checksum_of({static_cast<const std::byte*>(values), count * bytes_of(element)});
  const std::string stored = required(file, Hdf5Attributes{file, name}.text(checksum_attribute), checksum_attribute);
  if (checksum != stored) {
    fail(file, fmt::format("{} is damaged: its checksum is {} and should be {}", name, checksum, stored));
  }
}

/// A list of any length; empty where there is none.
template <class Number>
std::vector<Number> read_list(const Hdf5File& file, const std::string& name, Element element) {
  if (!file.has(name)) return {};
  const Index size = Hdf5Array::open(file, name).rows();
  std::vector<Number> values(static_cast<std::size_t>(size));
  read_array(file, name, {size}, element, values.data());
  return values;
}

AlignedBuffer read_blocks(const Hdf5File& file, const std::string& group, const ParameterLayout& layout) {
  AlignedBuffer buffer{layout.buffer_size()};
  for (const ParameterBlock& block : layout.blocks()) {
    const std::vector<Index> shape =
        block.bias ? std::vector<Index>{block.units} : std::vector<Index>{block.units, block.fan_in};
    read_array(file, group + "/" + block.name, shape, scalar_element, buffer.data() + block.offset);
  }
  return buffer;
}

/// Before anything is allocated: the weights cannot be more numbers than the file has bytes.
void require_plausible(const Hdf5File& file, const NetworkSpec& spec) {
  const auto most = static_cast<Index>(file.bytes());
  std::vector<Index> widths{spec.inputs};
  widths.insert(widths.end(), spec.hidden.begin(), spec.hidden.end());
  widths.push_back(spec.outputs);
  for (std::size_t layer = 0; layer < widths.size(); ++layer) {
    const Index fan_in = layer == 0 ? 1 : widths[layer - 1];
    if (widths[layer] >= 1 && widths[layer] <= most / fan_in) continue;
    fail(file, fmt::format("its layers of {} units have more weights than the file of {} bytes can hold, or none",
                           fmt::join(widths, ", "), most));
  }
}

NetworkSpec read_spec(const Hdf5File& file, const Hdf5Attributes& attributes) {
  NetworkSpec spec;
  spec.inputs = required_integer(file, attributes, "inputs");
  spec.hidden = attributes.integers("hidden").value_or(std::vector<Index>{});
  spec.outputs = required_integer(file, attributes, "outputs");
  spec.activation = named(file, attributes, "activation", activation_named);
  spec.output = named(file, attributes, "output_activation", activation_named);
  spec.input_dropout = required(file, attributes.real("input_dropout"), "input_dropout");
  spec.dropout = required(file, attributes.real("dropout"), "dropout");
  require_plausible(file, spec);
  return spec;
}

AffineTransform read_transform(const Hdf5File& file, const std::string& prefix, Index size) {
  AffineTransform transform{read_list<Scalar>(file, prefix + "_shift", scalar_element),
                            read_list<Scalar>(file, prefix + "_factor", scalar_element)};
  const auto wanted = static_cast<std::size_t>(size);
  const bool identity = transform.shift.empty() && transform.factor.empty();
  if (!identity && (transform.shift.size() != wanted || transform.factor.size() != wanted)) {
    fail(file, fmt::format("{}_shift and {}_factor have {} and {} numbers, the network has {}", prefix, prefix,
                           transform.shift.size(), transform.factor.size(), size));
  }
  return transform;
}

Model read_model(const Hdf5File& file) {
  const Hdf5Attributes attributes{file, "/model"};
  Network network{read_spec(file, attributes)};
  AlignedBuffer parameters = read_blocks(file, "/parameters", network.layout());
  Model model{std::move(network), std::move(parameters), {}, {}, {}, {}, {}, {}, {}, 0};
  const NetworkSpec& spec = model.network.spec();
  model.loss = named(file, attributes, "loss", loss_named);
  model.task = named(file, attributes, "task", [](std::string_view text) { return task_named(text); });
  model.classes = required_integer(file, attributes, "classes");
  model.class_names = attributes.texts("class_names").value_or(std::vector<std::string>{});
  model.feature_names = attributes.texts("feature_names").value_or(std::vector<std::string>{});
  model.target_names = attributes.texts("target_names").value_or(std::vector<std::string>{});
  model.input_transform = read_transform(file, "/model/input", spec.inputs);
  model.target_transform = read_transform(file, "/model/target", spec.outputs);
  return model;
}

std::vector<std::string> read_history(const Hdf5File& file) {
  std::vector<std::string> lines;
  std::string line;
  for (const char letter : read_list<char>(file, "/training/history", Element::uint8)) {
    if (letter == '\n') {
      lines.push_back(line);
      line.clear();
    } else {
      line += letter;
    }
  }
  return lines;
}

TrainingState read_state(const Hdf5File& file, const ParameterLayout& layout) {
  const Hdf5Attributes attributes{file, "/training"};
  TrainingState state;
  state.step = static_cast<std::uint64_t>(required_integer(file, attributes, "step"));
  state.epoch = required_integer(file, attributes, "epoch");
  state.step_in_epoch = required_integer(file, attributes, "step_in_epoch");
  state.finished = required_integer(file, attributes, "finished") != 0;
  state.epoch_sums = read_list<double>(file, "/training/epoch_sums", Element::float64);
  state.history = read_history(file);
  const Hdf5Attributes optimizer{file, "/optimizer"};
  for (const std::string& name : optimizer.texts("arrays").value_or(std::vector<std::string>{})) {
    state.optimizer.push_back(read_blocks(file, "/optimizer/" + name, layout));
  }
  if (file.has("/best")) {
    const Hdf5Attributes best{file, "/best"};
    state.best = BestSoFar{.loss = required(file, best.real("loss"), "loss"),
                           .epoch = required_integer(file, best, "epoch"),
                           .parameters = read_blocks(file, "/best/parameters", layout)};
  }
  return state;
}

void check_version(const Hdf5File& file) {
  const Index stored = required_integer(file, Hdf5Attributes{file, "/"}, "format_version");
  if (stored == checkpoint_format_version) return;
  fail(file,
       fmt::format("attribute 'format_version' is {} where the header says {}", stored, checkpoint_format_version));
}

void check_scalar(const Hdf5File& file) {
  const std::string_view here = scalar_element == Element::float32 ? "float32" : "float64";
  const std::string stored = required(file, Hdf5Attributes{file, "/"}.text("scalar"), "scalar");
  if (stored == here) return;
  throw FileError{file.path(), fmt::format("the checkpoint holds {} numbers and this program computes in {}; use the "
                                           "Lockstep that wrote it",
                                           stored, here)};
}

}  // namespace

Checkpoint read_checkpoint_content(const Hdf5File& file) {
  check_version(file);
  check_scalar(file);
  std::map<std::string, std::string> configuration;
  const Hdf5Attributes settings{file, "/configuration"};
  for (const std::string& name : settings.names()) configuration[name] = required(file, settings.text(name), name);
  Model model = read_model(file);
  TrainingState state = read_state(file, model.network.layout());
  return {.configuration = std::move(configuration), .model = std::move(model), .state = std::move(state)};
}

Checkpoint read_checkpoint(const std::string& path) {
  verify_checkpoint_bytes(path);
  return read_checkpoint_content(Hdf5File::open(path, advice));
}

}  // namespace lockstep
