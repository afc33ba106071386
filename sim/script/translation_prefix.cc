#include "sim/script/translation_prefix.h"

#include "stack/base/embedded_address.h"

namespace natsim::script {

Prefix read_translation_prefix(const Value& value) {
  if (lua_isboolean(value.lua(), value.index()) && value.boolean()) return well_known_nat64_prefix;
  if (!value.is_text()) value.refuse("true or a prefix, such as \"64:ff9b::/96\"");
  const Prefix prefix = value.prefix();
  if (!can_embed_ipv4(prefix)) {
    value.refuse(
        "an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits, of which bits 64 to 71 are zero");
  }
  return prefix;
}

}  // namespace natsim::script
