-- What NATs look like from outside, as a table that `natsim test` keeps (golden outcomes).
--
-- One socket behind each NAT sends to two ports of one server and to another server. How many external
-- ports it is seen from shows the mapping; which of the answers from elsewhere get in shows the filter
-- (RFC 4787 §4.1, §5). The table is in seen_from_outside.golden: a change of any preset's behaviour shows
-- there as a difference of a line, and `natsim test scenarios/nat/seen_from_outside.lua --update-golden`
-- writes it anew.

local presets = {
  "full-cone", "restricted", "port-restricted", "symmetric", "linux-masquerade", "linux-random", "pf", "mikrotik-v7",
}

scenario("the table of presets", function(net)
  local internet = net:router("internet")
  local first = net:host("first", { link = { internet, one_way_delay = "5ms" } })
  local second = net:host("second", { link = { internet, one_way_delay = "9ms" } })
  local third = net:host("third", { link = { internet, one_way_delay = "7ms" } })
  local sockets = { first:udp({ port = 7 }), first:udp({ port = 8 }), second:udp({ port = 7 }) }
  local strangers = { { "same address", first:udp({ port = 9 }) }, { "elsewhere", third:udp({ port = 9 }) } }

  local lines = { "preset | ports seen | port kept | let in" }
  for _, preset in ipairs(presets) do
    local home = net:home(preset, { nat = preset, wan = { internet, one_way_delay = "10ms" } })
    local inside = home:udp({ port = 5000 })
    local ports, count, seen = {}, 0, nil
    for _, socket in ipairs(sockets) do
      inside:send(socket.endpoint, "hello")
      local _, from = socket:receive("1s")
      seen = seen or from
      if not ports[from] then
        ports[from] = true
        count = count + 1
      end
    end
    local let_in = {}
    for _, stranger in ipairs(strangers) do
      stranger[2]:send(seen, "hello")
      if inside:receive("1s") then let_in[#let_in + 1] = stranger[1] end
    end
    lines[#lines + 1] = ("%s | %d | %s | %s"):format(preset, count, seen:match(":5000$") and "yes" or "no",
      #let_in > 0 and table.concat(let_in, ", ") or "nobody")
  end
  golden({ text = table.concat(lines, "\n"), digest = true })
end)
