import Foundation
import TestSupport
import Testing
import Watch

@Suite("Telling systemd")
struct ServiceNotifierTests {
  @Test func datagramsArriveWithOneKeyALine() async throws {
    let folder = try TemporaryFolder()
    let socket = try NotifySocket(path: "\(folder.path)/notify")
    let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": socket.path])
    notifier.send(["READY=1", "STATUS=evil\nREADY=0"])
    #expect(try await socket.receive() == "READY=1\nSTATUS=evil READY=0")
  }

  @Test func abstractAddresses() async throws {
    let socket = try NotifySocket(path: "@hubwatch-test-\(UUID().uuidString)")
    ServiceNotifier(environment: ["NOTIFY_SOCKET": socket.path]).send(["STOPPING=1"])
    #expect(try await socket.receive() == "STOPPING=1")
  }

  @Test func withoutSystemdNothingHappens() {
    ServiceNotifier(environment: [:]).send(["READY=1"])
    ServiceNotifier(environment: ["NOTIFY_SOCKET": String(repeating: "x", count: 500)]).send(["READY=1"])
    ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent/socket"]).send(["READY=1"])
  }

  @Test func theWatchdogIsOnlyOursWhenItNamesUs() {
    let ours = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]
    #expect(ServiceNotifier(environment: ours).watchdogSeconds == 30)
    #expect(ServiceNotifier(environment: ["WATCHDOG_USEC": "30000000"]).watchdogSeconds == 30)
    #expect(ServiceNotifier(environment: ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]).watchdogSeconds == nil)
    #expect(ServiceNotifier(environment: ["WATCHDOG_USEC": "x"]).watchdogSeconds == nil)
  }
}
