// SPDX-License-Identifier: MIT
// What averages over networks drawn by dropout say (Srivastava et al. 2014, section 7.5; Gal & Ghahramani 2016).
#pragma once

#include <string>
#include <vector>

#include "apps/study/dropout_grid.hpp"
#include "apps/study/report.hpp"
#include "apps/study/tables.hpp"

namespace lockstep {

/// The precisions tau that are tried, on the scale of standardised targets.
[[nodiscard]] const std::vector<double>& mc_precisions();

/// Of classes: scaled weights against averages over 1, 2, ... networks. `judged` is "test" or "validation", the samples
/// that errors are of.
[[nodiscard]] ReportSection averaging_section(const DropoutQuestions& questions, const CellFigures& figures,
                                              const std::string& judged, const std::string& y_label);

/// Of values: rate and precision by validation data, RMSE and log-likelihood of the mean on the samples judged.
[[nodiscard]] ReportSection density_section(const DropoutQuestions& questions, const CellFigures& figures,
                                            const std::string& judged);

}  // namespace lockstep
