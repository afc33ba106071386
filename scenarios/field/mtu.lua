-- Seen in the field: datagrams that are too large for the way.
--
-- Only a fragment that comes first has ports. A NAT drops the others, takes them in order alone, or
-- waits for the first one (RFC 4787 §11); and what may not be cut is told of by ICMP, or by nobody.

for _, fragments in ipairs({ "out_of_order", "in_order_only", "drop" }) do
  for _, reordered in ipairs({ "0%", "50%" }) do
    local title = "connectedhomeip#40569: a NAT's fragments: %s, reordered: %s"
    scenario(title:format(fragments, reordered), function(net)
      local internet = net:router("internet")
      local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
      server:set({ dont_fragment = false })
      local alice = net:home("alice", {
        nat = { preset = "port-restricted", fragments = fragments },
        wan = {
          internet,
          one_way_delay = "15ms",
          down = { reordered = reordered, reordered_by = "10ms" },
        },
      })
      local far, near = server:udp({ port = 6000 }), alice:udp()
      near:send(far, "hello")
      local _, from = far:receive("1s")
      for _ = 1, 100 do
        far:send(from, string.rep("x", 2000))
        sleep("100ms")
      end
      sleep("40s")
      local too_early = net:drops("nat_fragment_out_of_order")
      expect(too_early > 0).equals(fragments == "in_order_only" and reordered ~= "0%")
      expect(net:drops("nat_fragment_policy")).equals(fragments == "drop" and 200 or 0)
      -- The other half of those waits at the host in vain.
      expect(net:drops("fragment_timeout")).equals(too_early)
      expect(near.waiting).equals(fragments == "drop" and 0 or 100 - too_early)
    end)
  end
end

for _, errors in ipairs({ "translate", "drop" }) do
  local hears = errors == "translate"
  local title = "rawrtc#36: a datagram of 1281 bytes for a link of 1280, ICMP errors: "
  scenario(title .. errors, function(net)
    local internet = net:router("internet")
    local entry = net:router("entry", {
      link = { internet, one_way_delay = "5ms", ip = "198.51.100.1" },
    })
    local bob = net:host("bob", { link = { entry, mtu = "1280B", one_way_delay = "5ms" } })
    local alice = net:home("alice", {
      nat = { preset = "port-restricted", icmp_errors = errors },
      wan = { internet, one_way_delay = "15ms" },
    })
    local echo = bob:echo()
    local function sent(size)
      local source = alice:udp_source({ to = echo, size = size, count = 10 })
      sleep("1s")
      return source
    end
    -- 28 bytes of headers.
    expect(sent("1252B").answered).equals(10)
    local large = sent("1253B")
    expect(large.answered).equals(0)
    expect(large.refused).equals(hears and 10 or 0)
    expect(net:drops("too_big")).equals(10)
  end)
end
