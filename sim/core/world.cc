#include "sim/core/world.h"

#include <utility>

namespace natsim::core {

Object::Object(World& world, std::string name)
    : world_(world), id_(static_cast<ObjectId>(world.objects_.size())), name_(std::move(name)) {
  world.objects_.push_back(this);
}

Object::~Object() { world_.objects_[id_] = nullptr; }

}  // namespace natsim::core
