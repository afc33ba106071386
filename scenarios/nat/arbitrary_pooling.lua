-- A carrier with several addresses.
--
-- Alice's symmetric NAT has four external addresses. Bob, behind an address-restricted cone, opens
-- his filter for the one that Alice has signalled. Where the NAT pairs each inside host with one
-- address (RFC 4787 REQ-2), her checks come from there, and the call connects by her peer-reflexive
-- candidate. Where it draws an address for each mapping, they come from there once in four times.

local calls = param("calls", 100)

-- How many of so many calls, each from a home with a NAT of its own, connect.
local function connected(net, pooling)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local all = {}
  for i = 1, calls do
    local pool = {}
    for k = 1, 4 do
      pool[k] = ("198.18.%d.%d"):format(i, k)
    end
    local alice = net:home("alice" .. i, {
      nat = { preset = "symmetric", pooling = pooling },
      wan = { internet, one_way_delay = "15ms", ip = pool },
    })
    local bob = net:home("bob" .. i, { nat = "restricted", wan = { internet, one_way_delay = "30ms" } })
    all[i] = net:call(alice, bob, { ice_servers = { stun = server } })
  end
  sleep("60s")
  local count = 0
  for _, call in ipairs(all) do
    if call.state == "connected" then
      expect(call.selected_pair.local_type).equals("prflx")
      count = count + 1
    end
  end
  metric("connected", count)
  return count
end

scenario("paired pooling: the rescue works", function(net)
  expect(connected(net, "paired")).equals(calls)
end)

scenario("arbitrary pooling: the rescue works once in four times", function(net)
  -- Three and a half standard deviations on either side.
  local spread = 3.5 * math.sqrt(calls * 0.25 * 0.75)
  expect(connected(net, "arbitrary")).between(calls / 4 - spread, calls / 4 + spread)
end)
