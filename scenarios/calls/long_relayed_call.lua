-- A call of 65 minutes through a relay. On its way the permission (5 minutes), the channel (10), the
-- nonce (an hour or less) and the allocation (10) all run out several times unless they are kept, and
-- each request that keeps them is lost once. Not a second of speech may be missing.

local time = param("time", "65min")

local function heard(peer)
  for _, stream in ipairs(peer:get_stats()) do
    if stream.type == "inbound-rtp" then return stream end
  end
end

for _, story in ipairs({
  { name = "nothing is lost" },
  { name = "each Refresh is lost once", method = "refresh", least = 6 },
  -- A channel that is kept keeps the permission: there are few requests for that alone.
  { name = "each CreatePermission is lost once", method = "create_permission", least = 1 },
  { name = "each ChannelBind is lost once", method = "channel_bind", least = 12 },
}) do
  scenario("65 minutes through a relay: " .. story.name, function(net)
    local internet = net:router("internet")
    local server = net:host("server", { ip = "203.0.113.10", link = { internet, one_way_delay = "10ms" } })
    server:stun_server()
    server:turn_server({ users = { alice = "secret" } })
    local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
    local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
    local faults = {}
    if story.method then
      -- The first of each two: a request is lost, its repetition is not. Either side's relay may be
      -- the one that is used.
      for _, host in ipairs({ alice, bob }) do
        faults[#faults + 1] =
          drop({ host = host, direction = "out", method = story.method, class = "request", every = 2 })
      end
    end
    local call = net:call(alice, bob, {
      ice_servers = { stun = server, turn = { server, user = "alice" } },
      media = { audio = true },
    })
    call:wait("connected", "30s")
    expect(call.selected_pair.type).equals("relay")
    sleep(time)
    for _, side in ipairs({ call.caller, call.callee }) do
      local stream = heard(side)
      expect(stream.packets_lost).equals(0)
      expect(stream.longest_silence).at_most("40ms")
      expect(stream.packets_received).at_least(time / duration("20ms") - 100)
      metric("mos " .. tostring(side), stream.mean_opinion_score)
    end
    local count = 0
    for _, fault in ipairs(faults) do count = count + fault.count end
    log(count .. " requests were lost")
    if story.method then expect(count).at_least(math.floor(story.least * (time / duration("65min")))) end
  end)
end
