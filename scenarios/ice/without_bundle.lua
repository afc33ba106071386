-- Several data streams, each with RTP and RTCP on ports of their own (RFC 8445 §4): calls as they were
-- before BUNDLE and rtcp-mux, and as gateways to telephony still make them.
--
-- Each component of each stream has sockets, candidates and a selected pair of its own, and the call is
-- connected with the last of them. The agents share one pacing: one transaction every Ta. Pairs of one
-- foundation wait until the first of them has shown that its way works, so that eight components need not
-- find out eight times over. What BUNDLE saves is the rest: sockets, NAT mappings, relays, and time.

local function build(net, mapping, options)
  local internet = net:router("internet")
  local servers = net:host("servers", { link = { internet, one_way_delay = "5ms" } })
  servers:stun_server({})
  servers:turn_server({ users = { u = "p" } })
  local homes = {}
  for i, name in ipairs({ "alice", "bob" }) do
    homes[i] = net:home(name, {
      nat = { mapping = mapping, filtering = "address-and-port-dependent" },
      wan = { internet, one_way_delay = "15ms", loss = "0.1%" },
    })
  end
  options.ice_servers = { stun = servers, turn = { servers, user = "u" } }
  return net:call(homes[1], homes[2], options)
end

-- How many components have a selected pair of this type.
local function paths(peer, type)
  local count = 0
  for _, component in ipairs(peer.components) do
    if component.selected_pair and component.selected_pair.type == type then count = count + 1 end
  end
  return count
end

for _, shape in ipairs({ { 1, 1 }, { 2, 2 }, { 4, 2 } }) do
  local streams, components = shape[1], shape[2]
  scenario(("streams: %d, components of each: %d"):format(streams, components), function(net)
    local call = build(net, "endpoint-independent", { streams = streams, components = components })
    call:wait("connected", "30s")
    for _, peer in ipairs({ call.caller, call.callee }) do
      expect(#peer.components).equals(streams * components)
      expect(peer.state).equals("completed")
      -- Each has a socket of its own.
      local bases = {}
      for _, component in ipairs(peer.components) do
        local pair = component.selected_pair
        expect(pair.type).matches("flx$")
        expect(bases[pair.base]).equals(nil)
        bases[pair.base] = true
      end
    end
    metric("ice_time", call.ice_time)
    metric("pairs", #call:pairs())
  end)
end

scenario("with symmetric NATs every component needs a relay of its own", function(net)
  local call = build(net, "address-and-port-dependent", { streams = 2, components = 2 })
  call:wait("connected", "30s")
  expect(paths(call.caller, "relay")).equals(4)
  metric("ice_time", call.ice_time)
end)

scenario("the call hears of the component that fails", function(net)
  local call = build(net, "endpoint-independent", { components = 2, caller = { port = 7000 }, callee = { port = 7000 } })
  -- Nothing comes through from or to the second component, which has the next port.
  drop({ host = "alice", source_port = 7001 })
  call:wait("failed", "60s")
  sleep("20s")
  expect(call.caller.components[1].state).equals("completed")
  expect(call.caller.components[2].state).equals("failed")
end)

scenario("all streams restart together", function(net)
  local call = build(net, "endpoint-independent", { streams = 2, components = 2 })
  call:wait("connected", "30s")
  local before = call.caller.components[4].selected_pair.base
  call:restart_ice()
  call:wait_for_restart("30s")
  expect(call.caller.components[4].selected_pair.base).never.equals(before)
  expect(#call.callee.components).equals(4)
end)
