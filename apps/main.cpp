// SPDX-License-Identifier: MIT
// The lockstep command.
int main() { return 0; }
