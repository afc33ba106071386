#include "sim/core/world.h"

namespace natsim::core {

Object::Object(World& world) : world_(world), id_(static_cast<ObjectId>(world.objects_.size())) {
  world.objects_.push_back(this);
}

Object::~Object() { world_.objects_[id_] = nullptr; }

}  // namespace natsim::core
