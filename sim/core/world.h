// One simulated world: its clock, its order, its randomness and what happened in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event_stream.h"
#include "sim/core/scheduler.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::core {

class World;

// Something with a name and a number in one world.
class Object {
 public:
  explicit Object(World& world);
  Object(const Object&) = delete;  // the world's register refers to it
  Object& operator=(const Object&) = delete;
  virtual ~Object();

  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] ObjectId id() const { return id_; }
  // For people and for naming random streams; the same in every run of the same scenario.
  [[nodiscard]] virtual std::string name() const = 0;

 private:
  World& world_;
  ObjectId id_;
};

// An object that is given its name. Objects whose name follows from others' compute it instead:
// there may be millions of them.
class Named : public Object {
 public:
  Named(World& world, std::string name) : Object(world), name_(std::move(name)) {}
  [[nodiscard]] std::string name() const override { return name_; }
  // The same without a copy; valid as long as the object.
  [[nodiscard]] std::string_view label() const { return name_; }

 private:
  std::string name_;
};

// All that a run depends on hangs off its world: worlds share nothing and may run side by side on
// threads. A run is a function of the seed and of what is built in the world.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}
  World(const World&) = delete;  // objects refer to it
  World& operator=(const World&) = delete;

  [[nodiscard]] Time now() const { return scheduler_.now(); }
  Scheduler& scheduler() { return scheduler_; }
  EventStream& events() { return events_; }
  // The stream for a purpose, named "<object>/<purpose>".
  [[nodiscard]] Random random(std::string_view name) const { return random_.split(name); }
  // `name` for whoever asks for it first, then "<name>-2" and so on: so that two programs of one
  // kind on one host do not draw from the same stream.
  std::string unique_name(std::string name);
  // Null for a number that no living object has.
  [[nodiscard]] const Object* object(ObjectId id) const {
    return id < objects_.size() ? objects_[id] : nullptr;
  }

 private:
  friend class Object;

  Scheduler scheduler_;
  EventStream events_;
  Random random_;                                          // never drawn from, only split
  std::vector<Object*> objects_{nullptr};                  // by id; ids start at 1
  absl::flat_hash_map<std::string, std::uint32_t> taken_;  // how often each name was asked for
};

}  // namespace natsim::core
