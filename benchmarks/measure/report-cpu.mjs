// Preloaded into a measured server process (`node --import`): tells its parent its own CPU time and memory when asked.
process.on('message', (question) => {
  if (question === 'usage') process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() })
})
process.channel?.unref()
