#include "stack/ice/snapshot.h"

namespace natsim::ice {

std::string_view to_string(RemoteCandidateResult result) {
  switch (result) {
    case RemoteCandidateResult::added:
      return "added";
    case RemoteCandidateResult::replaced:
      return "was known as peer-reflexive";
    case RemoteCandidateResult::duplicate:
      return "was signalled before";
    case RemoteCandidateResult::other_component:
      return "is of another component";
    case RemoteCandidateResult::unusable:
      return "has an address that nothing can be sent to";
    case RemoteCandidateResult::too_many:
      return "is one too many";
    case RemoteCandidateResult::after_the_end:
      return "came after the end of candidates";
    case RemoteCandidateResult::agent_closed:
      return "came to a closed agent";
    case RemoteCandidateResult::kept:
      return "is kept until the credentials come";
    case RemoteCandidateResult::other_generation:
      return "is of another generation";
  }
  return "";
}

}  // namespace natsim::ice
