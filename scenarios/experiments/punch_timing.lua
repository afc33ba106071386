-- Who may punch first?
--
-- Two homes punch towards each other, Alice later than Bob by `skew_ms` (earlier if it is negative). Her
-- router runs Linux and takes packets for itself: when Bob's first one comes before hers has left, the
-- router remembers it, and hers gets another port than Bob's NAT lets in. So she must not be later than
-- a packet takes from him to her. A router that drops what nobody asked for does not care.

scenario("hole punching at a router that tracks early packets", function(net)
  local skew = param("skew_ms", 0)
  local unsolicited = param("unsolicited", "accept_local_and_track")
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local alice = net:home("alice", {
    nat = {
      mapping = "EIM",
      filtering = "APDF",
      port_allocation = "preserve_overload",
      on_collision = "linux_search",
      udp_timeout = "120s",
      udp_timeout_new = "30s",
      hairpin = "off",
      unsolicited = unsolicited,
    },
    wan = { internet, one_way_delay = "15ms", jitter = "10ms" },
  })
  local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms", jitter = "20ms" } })
  local a, b = alice:udp(), bob:udp()
  a:send({ server, 9 }, "open")
  b:send({ server, 9 }, "open")
  sleep("1s")
  local to_alice = alice.nat:mappings()[1].external
  local to_bob = bob.nat:mappings()[1].external
  local function punch(socket, to) socket:send(to, "punch") end
  if skew >= 0 then
    punch(b, to_alice)
    sleep(duration("1ms") * skew)
    punch(a, to_bob)
  else
    punch(a, to_bob)
    sleep(duration("1ms") * -skew)
    punch(b, to_alice)
  end
  for _ = 1, 5 do
    sleep("1s")
    punch(a, to_bob)
    punch(b, to_alice)
  end
  sleep("1s")
  metric("punched", a.waiting > 0 and b.waiting > 0)

  -- Bob's packet takes 45 ms and two jitters, evenly from -10 to 10 and from -20 to 20 ms. Alice is in
  -- time while it takes longer than the skew.
  local function later_than(skew_ms)
    local late = 0
    for i = 0, 199 do
      local rest = (skew_ms - 45 - (-10 + 20 * (i + 0.5) / 200) + 20) / 40
      late = late + 1 - math.min(1, math.max(0, rest))
    end
    return late / 200
  end
  metric("theory", unsolicited == "accept_local_and_track" and later_than(skew) or 1)
end)
