// What a listener would say of a connection, by the E-model (ITU-T G.107).
#pragma once

#include "stack/base/time.h"

namespace natsim::media {

struct SpeechPath {
  Duration mouth_to_ear;     // one way, with framing and the jitter buffer
  double loss = 0;           // share of the packets that were not there to be played, 0 to 1
  double mean_loss_run = 1;  // packets in a row, on average, where some were missing
};

// The rating factor R, from 0 to 100: with G.107's default values, which are 93.2 without delay and
// loss; the delay's impairment Idd of §7.4; and the loss's Ie,eff of §7.5 with Ie 0 and Bpl 25.1,
// the values of G.113 Appendix I for G.711 with concealment [recalled]. G.113 has none for Opus,
// which is rated alike.
double rating_of(const SpeechPath& path);

// The mean opinion score of that, from 1 to 4.5 (G.107 Annex B).
double mean_opinion_score(double rating);

}  // namespace natsim::media
