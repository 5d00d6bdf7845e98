// SPDX-License-Identifier: MIT
// What `bench scaling` found, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "apps/scaling_forecast.hpp"
#include "apps/scaling_measurement.hpp"

namespace lockstep {

/// All of it.
struct ScalingFindings {
  std::string net;
  const ScalingMeasurement& measured;
  ScalingModel model;                       ///< of this machine
  std::optional<ScalingForecast> forecast;  ///< nothing where no network is known
  std::string network;                      ///< that the forecast is for, in words
};

/// Tables, the model, and what follows, in sentences.
[[nodiscard]] std::string scaling_text(const ScalingFindings& findings);
[[nodiscard]] nlohmann::ordered_json scaling_json(const ScalingFindings& findings);

/// What to know of a forecast whose model is off by `greatest_error` on the cases that it was not fitted to, and what
/// to do; "" up to 15 %.
[[nodiscard]] std::string model_caution(double greatest_error);

/// Writes scaling.json, scaling.csv, forecast.csv and plots/ into a folder. Returns what is missing, and what to do
/// about it, or "". Throws FileError.
[[nodiscard]] std::string write_scaling(const ScalingFindings& findings, const std::string& folder);

}  // namespace lockstep
