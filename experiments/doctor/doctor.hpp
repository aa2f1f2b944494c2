#pragma once

// `parlab doctor`: what on this machine disturbs measurements, and the cure.

#include <string>
#include <vector>

#include "experiments/doctor/finding.hpp"
#include "kernels/machine/machine.hpp"

namespace parlab {

/// Every check, in the order of a reader's interest. Takes about half a second, in which one core
/// is kept busy.
std::vector<Finding> examine_machine(const Machine& machine = Machine());

/// An aligned list, the cure below what it cures, with a count at the end.
std::string format_findings(const std::vector<Finding>& findings, bool colour);

/// Prints the findings to stdout; `json` as {"findings": [{check, status, found, cure}]}. Returns 0
/// whatever was found: a disturbed machine is not a failed run.
int run_doctor(bool json);

}  // namespace parlab
