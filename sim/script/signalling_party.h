// Who can stand at an end of net:signalling().
#pragma once

#include <string>

#include "sim/agents/signalling.h"

namespace natsim::script {

class SignallingParty {
 public:
  virtual ~SignallingParty() = default;
  // The name of its host.
  [[nodiscard]] virtual const std::string& party() const = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  // Where what it signals goes from now on; it must outlive the party. To be called once.
  virtual void connect(agents::SignalSink& sink) = 0;
  // What takes the other side's signals.
  virtual agents::SignalReceiver& receiver() = 0;
};

}  // namespace natsim::script
