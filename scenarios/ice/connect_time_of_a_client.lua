-- How long ICE takes two clients of one kind over a round trip of R without a NAT, from the answer until
-- both are connected: what live/connect_time.lua measures of real ones.
local profile = param("profile", "aioice")
local round_trip = param("round_trip", duration("50ms"))
local signalling = duration("1ms")

scenario("two clients of a kind connect", function(net)
  local internet = net:router("internet")
  for i, name in ipairs{ "alice", "bob" } do
    net:host(name, { ip = "198.51.100." .. i, link = { internet, one_way_delay = round_trip / 4 } })
  end
  local call = net:call("alice", "bob", { profile = profile, signalling = { one_way_delay = signalling } })
  call:wait("connected", "10s")
  -- The offer and the answer have each gone one way.
  local ice = call.ice_time - signalling * 2
  metric("ICE", ice)
  -- aioice nominates with its first check; others check a second time to nominate.
  expect(ice).between(round_trip, round_trip * 2 + "50ms")
end)
