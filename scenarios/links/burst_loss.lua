-- The same loss, one by one and in bursts.
--
-- Two links lose 5 % of a stream. On one each packet has its own bad luck; on the other the loss comes
-- in bursts of 10 packets on average (Gilbert and Elliott). The shares agree, but a repair that copes
-- with a lost packet or two has nothing to do on the first and is helpless on the second.

local packets = 10000
local share = 0.05

-- How many of the packets are lost, and the lengths of the runs of losses.
local function lose(net, link)
  local internet = net:router("internet")
  link[1] = internet
  local sender = net:host("sender", { link = link }):udp()
  local receiver = net:host("receiver", { link = { internet } }):udp({ port = 9 })
  local runs, lost, last = {}, 0, 0
  for i = 1, packets do
    sender:send(receiver, tostring(i))
    local text = receiver:receive("20ms")
    if text then
      local missing = tonumber(text) - last - 1
      if missing > 0 then
        runs[#runs + 1] = missing
        lost = lost + missing
      end
      last = tonumber(text)
    end
  end
  return lost, runs
end

local function mean(list)
  local sum = 0
  for _, value in ipairs(list) do
    sum = sum + value
  end
  return sum / #list
end

scenario("each on its own", function(net)
  local lost, runs = lose(net, { loss = share * 100 .. "%" })
  -- Four standard deviations of a binomial distribution.
  local spread = 4 * math.sqrt(packets * share * (1 - share))
  expect(lost).between(packets * share - spread, packets * share + spread)
  -- A run goes on with a probability of 5 %: 1.05 packets on average, and never long.
  expect(mean(runs)).between(1.0, 1.1)
  expect(math.max(table.unpack(runs))).at_most(6)
  metric("runs", #runs)
  metric("mean run", mean(runs))
end)

scenario("in bursts", function(net)
  local lost, runs = lose(net, { burst_loss = { mean = share * 100 .. "%", burst = 10 } })
  -- Some 50 bursts, whose lengths are geometric: mean and deviation are 10. So their mean deviates by
  -- 1.4, and the sum, with their number, by 100; the bounds are four times that. That all are shorter
  -- than 18 packets has a probability of 0.0001.
  expect(lost).between(100, 900)
  expect(mean(runs)).between(4.4, 15.6)
  expect(math.max(table.unpack(runs))).at_least(18)
  metric("runs", #runs)
  metric("mean run", mean(runs))
end)
