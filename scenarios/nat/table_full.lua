-- The NAT whose table is full.
--
-- A cheap router holds 64 mappings, and a download takes them all while a call is under way. What
-- happens to the next new flow is the router's choice: it is refused with a word or without one, or an
-- old mapping has to go. The mapping that goes may be the call's.

local size = 64

-- A call that sends at such intervals, and a download with a new flow every 20 ms. Whether the call's
-- mapping is kept, and what becomes of a flow that begins when the table is full.
local function download(net, on_table_full, interval)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local echo = server:echo()
  local alice, downloader = net:home("family", {
    nat = { preset = "port-restricted", max_mappings = size, on_table_full = on_table_full },
    wan = { internet, one_way_delay = "15ms" },
    hosts = { "alice", "downloader" },
  })
  alice:udp_source({ to = echo, interval = interval })
  sleep("1s")
  local call = alice.nat:mappings()[1].number
  for _ = 1, 2 * size do
    downloader:udp():send({ server, 9 }, "piece")
    sleep("20ms")
  end
  local late = downloader:udp_source({ to = echo, count = 1 })
  sleep("1s")
  expect(#alice.nat:mappings()).equals(size)
  local kept = false
  for _, mapping in ipairs(alice.nat:mappings()) do
    kept = kept or mapping.number == call
  end
  return kept, late
end

for word, told in pairs({ silent = 0, admin_prohibited = 1, host_unreachable = 1 }) do
  scenario("new flows are refused: " .. word, function(net)
    local kept, late = download(net, word, "100ms")
    expect(kept).equals(true)
    expect(late.answered).equals(0)
    expect(late.refused).equals(told)
  end)
end

scenario("what has been idle for longest goes: a call that is never silent stays", function(net)
  local kept, late = download(net, "evict_oldest", "100ms")
  expect(kept).equals(true)
  expect(late.answered).equals(1)
end)

scenario("what has been idle for longest goes: a call that waits for its keepalive is cut off", function(net)
  local kept, late = download(net, "evict_oldest", "15s")
  expect(kept).equals(false)
  expect(late.answered).equals(1)
end)

scenario("what was never answered goes first: the call stays, however silent", function(net)
  local kept, late = download(net, "evict_unreplied", "15s")
  expect(kept).equals(true)
  expect(late.answered).equals(1)
end)
