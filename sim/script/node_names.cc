#include "sim/script/node_names.h"

#include <fmt/format.h>

#include "sim/script/nearest.h"

namespace natsim::script {

void NodeNames::take(const Value& value, const std::string& name) {
  if (name.empty()) value.complain("a name must not be empty");
  if (!objects_.emplace(name, nullptr).second) {
    value.complain(fmt::format("a node is named '{}' already", name));
  }
}

void NodeNames::raise_unknown(const Value& value, const Class& expected,
                              const std::vector<std::string_view>& names) {
  value.complain(fmt::format("'{}' is not the name of {}{}", value.text(), expected.article,
                             suggestion(value.text(), names)));
}

}  // namespace natsim::script
