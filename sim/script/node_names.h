// The nodes of a world by the names that its scenario gave them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/script/object.h"

namespace natsim::script {

class NodeNames {
 public:
  // Takes a name for a new node; raises if it is empty or taken.
  void take(const Value& value, const std::string& name);
  // Says which object has the name. Precondition: the name was taken.
  void set(const std::string& name, Scripted& object) { objects_[name] = &object; }

  // The T that `value` is, or is the name of; null if it is none.
  template <typename T>
  T* find(const Value& value) const {
    if (!value.is_text()) return dynamic_cast<T*>(to_scripted(value.lua(), value.index()));
    const auto found = objects_.find(value.text());
    return found == objects_.end() ? nullptr : dynamic_cast<T*>(found->second);
  }

  // The same, but raises with the nearest name if it is none.
  template <typename T>
  T& at(const Value& value) const {
    if (T* const object = find<T>(value)) return *object;
    if (!value.is_text()) value.refuse(T::lua_class.article);
    std::vector<std::string_view> names;
    for (const auto& [name, other] : objects_) {
      if (dynamic_cast<T*>(other) != nullptr) names.push_back(name);
    }
    raise_unknown(value, T::lua_class, names);
  }

 private:
  [[noreturn]] static void raise_unknown(const Value& value, const Class& expected,
                                         const std::vector<std::string_view>& names);

  std::map<std::string, Scripted*, std::less<>> objects_;  // null while a node is being made
};

}  // namespace natsim::script
