-- Video that is sent in three sizes to a server that would hand on to each viewer what fits: each is a
-- stream of its own, told by its rid. Where the path gets narrow the largest pause first, and come
-- back when there is room.

local time = param("time", "40s") -- of each phase

-- The streams of one side by their rid.
local function by_rid(peer)
  local streams = {}
  for _, stream in ipairs(peer:get_stats()) do
    if stream.rid then streams[stream.rid] = stream end
  end
  return streams
end

scenario("three sizes, and a path that changes", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", {
    link = { internet, one_way_delay = "30ms", rate = "4Mbit", queue_bytes = "60kB", loss = "0.2%" },
  })
  local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
  local call = net:call(alice, server, {
    media = {
      video = {
        direction = "sendonly",
        width = 1280,
        height = 720,
        bitrate = "1.8Mbit",
        send_encodings = { { rid = "q" }, { rid = "h" }, { rid = "f", max_bitrate = "1Mbit" } },
      },
    },
  })
  call:wait("connected", "10s")
  for line in call.caller.local_description:gmatch("a=simulcast[^\r\n]*") do
    log(line)
    expect(line).equals("a=simulcast:send q;h;f")
  end

  -- How many frames of each size a phase has brought, and what each is encoded at in the end.
  local function phase(name, rate)
    alice.link:set({ rate = rate })
    local before = by_rid(call.callee)
    sleep(time)
    local frames, kbit = {}, {}
    local sent, seen = by_rid(call.caller), by_rid(call.callee)
    for _, rid in ipairs({ "q", "h", "f" }) do
      frames[rid] = (seen[rid].frames_decoded - before[rid].frames_decoded) / (duration(time) / duration("1s"))
      kbit[rid] = sent[rid].target_bitrate / 1000
      metric(string.format("%s kbit at %s", rid, name), kbit[rid])
      log(string.format("%s: %s, %dx%d, at %.0f kbit/s, %.1f frames a second", name, rid, sent[rid].frame_width,
        sent[rid].frame_height, kbit[rid], frames[rid]))
    end
    return frames, kbit
  end

  local frames, kbit = phase("4 Mbit/s", "4Mbit")
  expect(kbit.f).at_least(600)
  frames, kbit = phase("1 Mbit/s", "1Mbit")
  expect(kbit.f).equals(0.0)
  expect(kbit.h).at_least(150)
  expect(frames.q).at_least(20) -- of 30: each phase begins with a full queue
  frames, kbit = phase("250 kbit/s", "250kbit")
  expect(kbit.h).equals(0.0)
  expect(kbit.q).between(30, 200)
  expect(frames.q).at_least(20)
  frames, kbit = phase("4 Mbit/s again", "4Mbit")
  expect(kbit.f).at_least(600)
  -- Each comes back with a key frame of its own.
  local seen = by_rid(call.callee)
  for _, rid in ipairs({ "h", "f" }) do expect(seen[rid].key_frames_decoded).at_least(2) end
  -- What the full queue dropped was sent again, but for the last of a stream that paused.
  for _, stream in pairs(seen) do expect(stream.packets_lost).at_most(stream.packets_received / 100) end
end)
