// A suite's results in the forms that other programs read.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tools/suite/case_result.h"

namespace natsim::suite {

// JUnit's XML, as CI systems read it: a testsuite for each file, in the order of the cases. What
// XML cannot hold is shown as U+FFFD.
std::string junit_of(std::span<const CaseResult> results);

// A case for TAP version 14, with what went wrong as a YAML block. Cases are numbered from 1.
std::string tap_of(std::size_t number, const CaseResult& result);

// The command by which GitHub's workflows mark a file's line; empty if nothing went wrong.
std::string github_annotation(const CaseResult& result);

}  // namespace natsim::suite
