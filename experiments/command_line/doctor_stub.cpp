#include "experiments/command_line/verbs.hpp"
namespace parlab {
int doctor_command(const Arguments&) { return 0; }
}  // namespace parlab
