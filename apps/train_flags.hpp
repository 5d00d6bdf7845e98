// SPDX-License-Identifier: MIT
// What was asked of `lockstep train`, from flags and a file of settings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli_forward.hpp"
#include "apps/config_file.hpp"
#include "apps/run_request.hpp"
#include "apps/setting_flags.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

/// Sets into `request` what the file of settings says, which rank 0 reads; adds a sentence to `problems` for everything
/// that is wrong with it. With `extra`, a section [study] is allowed, and its keys and texts go there. Collective.
void read_settings_file(const std::string& path, Communicator& communicator, RunRequest& request,
                        std::vector<std::string>& problems, SectionTexts* extra = nullptr);

class TrainFlags {
 public:
  /// Adds the flags to `command`, which must not outlive this.
  explicit TrainFlags(CLI::App& command);

  /// The request as far as it is understood; adds a sentence to `problems` for everything that is not, or is missing.
  /// Rank 0 reads the file of settings. Collective.
  [[nodiscard]] RunRequest understood(Communicator& communicator, std::vector<std::string>& problems) const;

  /// The hash that the final weights must have, in lower case; "": any.
  [[nodiscard]] std::string expected_hash() const;
  [[nodiscard]] const std::string& config_path() const noexcept { return config_path_; }
  /// Where a trace of a few steps goes; "": nowhere.
  [[nodiscard]] const std::string& profile() const noexcept { return profile_; }
  [[nodiscard]] bool check_gradients() const noexcept { return check_gradients_; }
  [[nodiscard]] bool json() const noexcept { return json_; }

 private:
  void add_path(CLI::App& command, const std::string& name, std::string RunRequest::*member, const std::string& help);

  std::string config_path_;
  RunRequest given_paths_;
  std::string expected_hash_;
  std::string profile_;
  std::unique_ptr<SettingFlags> settings_;
  bool check_gradients_ = false;
  bool json_ = false;
};

}  // namespace lockstep
