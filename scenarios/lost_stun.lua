-- Lost STUN responses cost exactly what RFC 8489 says they cost.
--
-- A request that is not answered is sent again after RTO (500 ms), then after twice as long, and
-- so on: at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms. The answer to the k-th transmission comes
-- one round trip after it. Alice's answers from the STUN server are lost one after another; her
-- gathering takes so much longer, and the call with it.

local round_trip = duration("70ms")  -- twice 15 ms and 20 ms

local function build(net, lost)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "restricted", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", { nat = "restricted", wan = { internet, one_way_delay = "30ms" } })
  -- Until Alice has signalled the address that the answer tells her, Bob's NAT drops her checks, so
  -- that no answer but the STUN server's reaches her.
  if lost > 0 then
    drop({ host = alice, direction = "in", method = "binding", class = "success", to = lost })
  end
  return net:call(alice, bob, { ice_servers = { stun = server } })
end

for lost, sent_at in pairs({ [0] = "0ms", [1] = "500ms", [2] = "1500ms" }) do
  scenario(lost .. " responses lost: gathered one round trip after " .. sent_at, function(net)
    local call = build(net, lost)
    call:wait("connected", "10s")
    expect(call.caller.gathering_time).equals(duration(sent_at) + round_trip)
    metric("gathering_time", call.caller.gathering_time)
    metric("ice_time", call.ice_time)
  end)
end
