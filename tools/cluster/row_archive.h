// Rows of results on their way between processes of one program.
#pragma once

#include <optional>
#include <vector>

#include "stack/base/bytes.h"
#include "tools/results/store.h"

namespace natsim::sweep {

Bytes pack(const std::vector<results::RunRow>& rows);
// nullopt if they did not come whole.
std::optional<std::vector<results::RunRow>> unpack(ByteView bytes);

}  // namespace natsim::sweep
