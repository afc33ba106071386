-- Video that goes where the path allows: Google's congestion control on a link whose rate changes.
-- The queue in front of the link may fill for a moment, not for good.

local loss = param("loss", "0%")

local function by_kind(peer, type, kind)
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == type and stream.kind == kind then return stream end
  end
end

scenario("down to a third, and up again", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", {
    link = { internet, one_way_delay = "50ms", rate = "1.5Mbit", queue_bytes = "25kB", loss = loss },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "20ms" } })
  local call = net:call(alice, bob, {
    media = { audio = true, video = { bitrate = "2Mbit" } },
  })
  call:wait("connected", "10s")

  local function rate() return by_kind(call.caller, "outbound-rtp", "video").target_bitrate end
  local second = 0
  local function run(seconds)
    local sum, count = 0, 0
    for i = 1, seconds do
      sleep("1s")
      -- The second half of each phase is after it has settled.
      if i > seconds / 2 then sum, count = sum + rate(), count + 1 end
      second = second + 1
      if second % 5 == 0 then
        local outbound = by_kind(call.caller, "outbound-rtp", "video")
        metric(string.format("bitrate at %ds", second), rate())
        metric(string.format("round trip at %ds", second), outbound.round_trip_time)
      end
    end
    return sum / count
  end
  local before = run(40)
  alice.link:set({ rate = "500kbit" })
  local narrow = run(40)
  alice.link:set({ rate = "1.5Mbit" })
  local after = run(60)
  log(string.format("video at %.0f, %.0f and %.0f kbit/s", before / 1e3, narrow / 1e3, after / 1e3))

  -- Of each rate some 64 kbit/s are speech, and 7 in 100 of the rest headers.
  expect(before).at_least(0.6 * 1.34e6)
  expect(narrow).at_least(0.5 * 0.4e6)
  expect(narrow).at_most(0.4e6)
  expect(after).at_least(0.6 * 1.34e6)
  expect(after).at_most(1.34e6)
  local heard = by_kind(call.callee, "inbound-rtp", "audio")
  log(string.format("speech: mouth to ear %s, MOS %.2f", tostring(heard.mouth_to_ear), heard.mean_opinion_score))
  expect(heard.mean_opinion_score).at_least(3.5)
end)
