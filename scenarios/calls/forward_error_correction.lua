-- A path that loses a packet in twenty and takes 300 ms there and back. What is lost can be sent
-- again, which takes longer than a picture lasts; or it can be restored from what was sent beside it.

local loss = param("loss", "5%")
local time = param("time", "60s")

local function by_kind(peer, type, kind)
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == type and stream.kind == kind then return stream end
  end
end

-- A call with these kinds of forward error correction: what came of its video and its speech.
local function call_with(net, name, video, audio)
  local internet = net:router("internet " .. name)
  local alice = net:host("alice " .. name, { link = { internet, one_way_delay = "120ms", loss = loss } })
  local bob = net:host("bob " .. name, { link = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, {
    media = {
      audio = { direction = "sendonly", fec = audio },
      video = { direction = "sendonly", fec = video, bitrate = "600kbit" },
    },
  })
  call:wait("connected", "20s")
  sleep(time)
  local seen = by_kind(call.callee, "inbound-rtp", "video")
  local heard = by_kind(call.callee, "inbound-rtp", "audio")
  call:close()
  log(string.format("%s: %d freezes of %s in all, asked %d times, %d of %d repairs were used; MOS %.2f, %d ms concealed",
    name, seen.freeze_count, tostring(seen.total_freezes_duration), seen.nack_count,
    seen.fec_packets_received - seen.fec_packets_discarded, seen.fec_packets_received,
    heard.mean_opinion_score, heard.concealed_samples / 48))
  metric("freezes " .. name, seen.freeze_count)
  metric("questions " .. name, seen.nack_count)
  metric("mos " .. name, heard.mean_opinion_score)
  return seen, heard
end

scenario("forward error correction on a long path", function(net)
  local seen, heard = call_with(net, "without")
  for _, way in ipairs({
    { name = "in-band and ULPFEC", video = "ulpfec", audio = "in-band" },
    { name = "RED and FlexFEC", video = "flexfec", audio = "red" },
  }) do
    local better, clearer = call_with(net, way.name, way.video, way.audio)
    expect(seen.fec_packets_received).equals(0)
    -- Most losses are alone in a group, and restored before a retransmission could come.
    expect(better.freeze_count).at_most(seen.freeze_count / 2)
    -- Repairs that are lost are asked for as well where they are in the stream itself.
    expect(better.nack_count).at_most(seen.nack_count * 2 / 3)
    -- What one packet repeats makes up for most losses of speech; E-model: 5 % cost half a point.
    expect(clearer.concealed_samples).at_most(heard.concealed_samples / 3)
    expect(clearer.mean_opinion_score).at_least(heard.mean_opinion_score + 0.2)
  end
end)
