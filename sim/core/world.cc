#include "sim/core/world.h"

namespace natsim::core {

Object::Object(World& world) : world_(world), id_(static_cast<ObjectId>(world.objects_.size())) {
  world.objects_.push_back(this);
}

Object::~Object() { world_.objects_[id_] = nullptr; }

std::string World::unique_name(std::string name) {
  const std::uint32_t count = ++taken_[name];
  if (count > 1) name += "-" + std::to_string(count);
  return name;
}

}  // namespace natsim::core
