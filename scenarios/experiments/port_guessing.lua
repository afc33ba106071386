-- How many ports does one have to guess?
--
-- Alice's NAT is symmetric: a STUN server sees another port than Bob would. She opens `sockets` towards
-- him, and Bob, whose NAT keeps his port, sends `probes` to different ports of her address. One that
-- hits is let in, for she has sent to him before. Against ports at random it is the birthday paradox; a
-- NAT that counts, or keeps the port that the host has, is found near the port that the server saw.

scenario("guessing the port of a symmetric NAT", function(net)
  local allocation = param("allocation", "random")
  local sockets = param("sockets", 128)
  local probes = param("probes", 512)
  local strategy = param("strategy", "random")
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local alice = net:home("alice", {
    nat = { mapping = "APDM", filtering = "APDF", port_allocation = allocation },
    wan = { internet, one_way_delay = "15ms" },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
  local from = bob:udp()
  from:send({ server, 9 }, "where am I?")
  sleep("1s")
  local to_bob = bob.nat:mappings()[1].external
  local opened = {}
  for i = 1, sockets do
    opened[i] = alice:udp()
    if i == 1 then
      opened[1]:send({ server, 9 }, "where am I?")
      sleep("1s")
    end
    opened[i]:send(to_bob, "open")
  end
  sleep("1s")
  local address, seen = alice.nat:mappings()[1].external:match("^(.+):(%d+)$")
  seen = tonumber(seen)

  -- Ports 1024 to 65535, without guessing one twice: at random, or outwards from the one that was seen.
  local first, ports = 1024, 64512
  local taken = {}
  for i = 1, probes do
    local port
    if strategy == "near" then
      port = first + (seen - first + (i % 2 == 0 and i // 2 or -(i // 2))) % ports
    else
      -- A shuffle of which only what is used is kept.
      local j = math.random(i, ports)
      local value = taken[j] or j
      taken[j] = taken[i] or i
      port = first + value - 1
    end
    from:send(address .. ":" .. port, "guess")
    if i % 64 == 0 then sleep("1ms") end
  end
  sleep("1s")
  local hits = 0
  for i = 1, sockets do hits = hits + opened[i].waiting end
  metric("hit", hits > 0)
  -- The probability that none of the probes is among the ports that are open.
  local none = 1
  for i = 0, probes - 1 do none = none * math.max(0, ports - sockets - i) / (ports - i) end
  metric("birthday", 1 - none)
end)
