// SPDX-License-Identifier: MIT
// The classes of the command line's library, for headers that only name them: reading them takes the compiler seconds.
#pragma once

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI
