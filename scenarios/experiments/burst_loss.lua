-- The same loss, spread evenly or in bursts: what does a listener hear, a viewer see?
--
-- A call of half a minute loses `loss` of its packets on Alice's way out, each on its own or in bursts
-- of `burst` packets on average (Gilbert and Elliott). Speech is rated by the E-model, from 1 to 4.5;
-- of the video it is counted how often the picture stands still.

local function of_kind(peer, kind)
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == "inbound-rtp" and stream.kind == kind then return stream end
  end
end

scenario("speech and video under even and bursty loss", function(net)
  local loss = param("loss", "5%")
  local pattern = param("pattern", "even")
  local burst = param("burst", 8)
  local internet = net:router("internet")
  local wan = { internet, one_way_delay = "20ms", jitter = "2ms" }
  local alice = net:host("alice", { link = wan })
  local bob = net:host("bob", { link = { internet, one_way_delay = "20ms" } })
  local call = net:call(alice, bob, {
    media = { audio = true, video = { bitrate = "500kbit", congestion_control = false } },
  })
  call:wait("connected", "10s")
  if loss ~= "0%" then
    alice.link:set({ up = pattern == "even" and { loss = loss } or { burst_loss = { mean = loss, burst = burst } } })
  end
  sleep("30s")
  local speech, video = of_kind(call.callee, "audio"), of_kind(call.callee, "video")
  metric("mos", speech.mean_opinion_score)
  metric("freezes", video.freeze_count)
  metric("frozen", video.total_freezes_duration)
  metric("silence", speech.longest_silence)
end)
