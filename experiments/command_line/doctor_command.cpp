#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/doctor/doctor.hpp"
#include "experiments/options/argument_flags.hpp"

namespace parlab {

int doctor_command(const Arguments& arguments) {
  check_flags("doctor", arguments, {"--json"});
  if (has_flag(arguments, "--help") || has_flag(arguments, "-h")) {
    write_stdout(
        "Looks for what on this machine disturbs measurements, and says how to cure it.\n\n"
        "Usage: parlab doctor [--json]\nExample: parlab doctor --json | jq '.findings[].cure'\n");
    return 0;
  }
  return run_doctor(has_flag(arguments, "--json"));
}

}  // namespace parlab
