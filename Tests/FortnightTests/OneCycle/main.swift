import FortnightSupport
import Foundation
import TestSupport

// One cycle of hubwatch at a moment of the test's own, in a process that may be killed at any instruction.
// Arguments: seconds since 1970, a seed, and hubwatch itself, which runs the models.
guard CommandLine.arguments.count == 4, let moment = Double(CommandLine.arguments[1]),
  let seed = UInt64(CommandLine.arguments[2])
else { exit(64) }
do {
  let house = try await WatchHouse(
    environment: ProcessInfo.processInfo.environment, program: CommandLine.arguments[3],
    clock: VirtualClock(at: moment), seed: seed)
  defer { withExtendedLifetime(house) {} }
  do {
    try await house.street.cycle()
  } catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(69)
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(78)
}
