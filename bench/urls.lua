-- wrk: GET each line of a file in turn, "path" or "path <If-None-Match>", and print the sums as JSON; times in microseconds.
local requests, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local path, etag = line:match("^(%S+)%s*(%S*)$")
    local headers = {}
    if etag ~= "" then headers["If-None-Match"] = etag end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %d, "microseconds": %d, "errors": %d, "latency": [%d, %d, %d]}\n',
    summary.requests, summary.bytes, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
