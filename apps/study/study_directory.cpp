// SPDX-License-Identifier: MIT
// Files of a study, written durably.
#include "apps/study/study_directory.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/json_text.hpp"
#include "apps/text_file.hpp"
#include "core/error.hpp"
#include "core/settings.hpp"
#include "io/durable_file.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* identity_name = "study.json";

std::vector<std::string> differences(const Json& earlier, const Json& now, const std::string& path) {
  std::vector<std::string> found;
  for (const auto& item : now.items()) {
    // A setting that the version before did not have was as it is by default.
    const Setting* setting = find_setting(item.key());
    const std::string before = earlier.value(item.key(), setting != nullptr ? setting->get(TrainConfig{}) : "");
    const std::string after = item.value().get<std::string>();
    if (before != after)
      found.push_back(fmt::format("{} was '{}' in the study of {}, but is '{}' now", item.key(), before, path, after));
  }
  return found;
}

}  // namespace

void StudyDirectory::claim(const Json& identity) const {
  std::error_code failure;
  if (fs::exists(file(identity_name), failure)) {
    const Json earlier = Json::parse(text_of_file(file(identity_name)), nullptr, /*allow_exceptions=*/false);
    if (!earlier.is_object())
      throw FileError(file(identity_name), "is not what a study writes; choose another --out, or remove the folder");
    std::vector<std::string> found = differences(earlier, identity, path_);
    if (found.empty()) return;
    found.push_back(fmt::format("{} belongs to another study; choose another --out", path_));
    throw RequestError(std::move(found));
  }
  if (fs::exists(path_, failure) && (!fs::is_directory(path_, failure) || !fs::is_empty(path_, failure)))
    throw RequestError(fmt::format("{} holds something else than a study; choose another --out", path_));
  make_directories_durably(path_ + "/runs");
  write(identity_name, json_text(identity) + "\n");
}

bool StudyDirectory::has_record(const std::string& point) const {
  std::error_code failure;
  return fs::exists(record(point), failure);
}

PointRecord StudyDirectory::read_record(const std::string& point) const {
  return record_in(text_of_file(record(point)), record(point));
}

void StudyDirectory::write_record(const std::string& point, const PointRecord& record) const {
  write_text_file(this->record(point), json_text(record.content) + "\n");
}

void StudyDirectory::write(const std::string& name, std::string_view text) const { write_text_file(file(name), text); }

}  // namespace lockstep
