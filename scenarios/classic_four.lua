-- The four NATs of RFC 3489 against each other, with STUN and without TURN.
--
-- A full cone, a restricted cone and a port-restricted cone give one external port to a socket,
-- whomever it talks to; a symmetric NAT gives a new one for each remote endpoint. What comes in
-- from outside must come from anybody (full cone), from an address that was sent to (restricted),
-- or from an address and port that were sent to (port-restricted, symmetric).
--
-- Two cones always meet: each side sends to the port that the other signalled. A symmetric side is
-- heard from a port that nobody was told of. That is enough for a filter that asks for no port; it
-- then shows up as a peer-reflexive candidate. A filter that asks for the port drops it. So of the
-- sixteen pairs five fail: symmetric with port-restricted, either way round, and symmetric with
-- symmetric; every other one connects directly.

local kinds = { "full-cone", "restricted", "port-restricted", "symmetric" }

local function asks_for_port(kind) return kind == "port-restricted" or kind == "symmetric" end

local function meet(a, b)
  if a == "symmetric" then return not asks_for_port(b) end
  if b == "symmetric" then return not asks_for_port(a) end
  return true
end

-- How a side looks to the other: by the port that STUN saw, or by one that nobody was told of.
local function candidate_type(kind) return kind == "symmetric" and "prflx" or "srflx" end

for _, a in ipairs(kinds) do
  for _, b in ipairs(kinds) do
    scenario(a .. " to " .. b, function(net)
      local internet = net:router("internet")
      local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
      server:stun_server()
      local alice = net:home("alice", { nat = a, wan = { internet, one_way_delay = "15ms" } })
      local bob = net:home("bob", { nat = b, wan = { internet, one_way_delay = "30ms" } })
      local call = net:call(alice, bob, { ice_servers = { stun = server } })

      if meet(a, b) then
        call:wait("connected", "10s")
        metric("ice_time", call.ice_time)
        expect(call.selected_pair.local_type).equals(candidate_type(a))
        expect(call.selected_pair.remote_type).equals(candidate_type(b))
      else
        call:wait("failed", "60s")
        expect(call.selected_pair).equals(nil)
      end
    end)
  end
end
