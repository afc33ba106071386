// Setting an option of a NAT from text: the way back from value_text.
#pragma once

#include <string>
#include <string_view>

#include "sim/nat/knobs.h"

namespace natsim::nat {

// Sets the knob to what `text` says: a choice's name or long name, "yes" or "no", a number, a
// quantity with its unit, "1024-65535", a prefix, or "53: 10s, 123: 5s" ("none" for no port). What
// value_text gives is always understood. Gives a clause that follows "expected" if the text is
// nothing for the knob, which is left as it was; an empty one if it was set.
//
// Whether the options make sense together is validate()'s to say.
[[nodiscard]] std::string set_from_text(const Knob& knob, std::string_view text,
                                        NatOptions& options);

}  // namespace natsim::nat
