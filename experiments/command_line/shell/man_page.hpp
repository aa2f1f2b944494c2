#pragma once

// Manual pages in the language of man(7), from the texts of --help.

#include <string>

#include "experiments/command_line/verbs.hpp"

namespace parlab {

/// parlab(1): the verbs, exit codes, environment, files.
std::string program_man_page(const std::string& date);

/// parlab-VERB(1), with the options of every experiment that the verb takes.
std::string verb_man_page(const Verb& verb, const std::string& date);

/// Text as man(7) shows it as it stands, whatever its lines begin with.
std::string roff_escaped(std::string_view text);

}  // namespace parlab
