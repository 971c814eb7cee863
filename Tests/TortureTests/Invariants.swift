import Foundation
import TestSupport

/// What must hold at every moment at which nobody is at work. Numbered as in the list of faults.
enum Invariants {
  /// What has just happened.
  enum Moment {
    /// It was killed, or the power was lost.
    case death
    /// It ended with a code other than 0.
    case failure
    /// It ended with 0.
    case success
  }

  /// One start of the program: what the hub sent, and what lay on disk before and after it.
  struct Traffic {
    let served: Int64
    let before: Int64
    let after: Int64
    /// Bytes that were sent and did not stay.
    var lost: Int64 { served - (after - before) }
  }

  /// Bytes that may be under way when a process dies, and headers that are read anew: eight connections, each with a
  /// buffer of curl's of 256 KiB, a piece of 128 KiB, and what the kernel holds for it, which is megabytes while the
  /// machine is too busy for the program to read.
  static let inFlight: Int64 = 8 << 20
  /// Bytes that may be fetched twice in all.
  static let budget: Int64 = 64 << 20

  /// The ones that are broken, each with its number.
  ///
  /// - Parameters:
  ///   - surroundings: of the home before the first start.
  ///   - traffic: of all starts within this boot, the last one just ended; empty when the power was lost.
  ///   - said: what the last start printed, on both outputs.
  static func check(
    _ home: TortureHome, _ hub: TortureHub, after moment: Moment, said: String,
    surroundings: [String: String], traffic: [Traffic] = []
  ) async -> [String] {
    var broken = complete(home, hub, moment)
    broken += waste(traffic, hub.shards.size)
    do {
      let glance = try CatalogGlance(home)
      if let glance, glance.verdict != "ok" { broken.append("I4 quick_check: \(glance.verdict)") }
      broken += told(home, glance, moment)
      if moment == .success { broken += orphans(home, glance?.parts ?? []) }
    } catch {
      broken.append("I4 the database cannot be read: \(error)")
    }
    broken += changes(from: surroundings, to: home.surroundings())
    broken += leaks(home, said)
    if await hub.sawTokenElsewhere { broken.append("I7 the token was sent to the CDN") }
    return broken
  }

  /// I1: what has its final name is whole; in the end everything is there.
  private static func complete(_ home: TortureHome, _ hub: TortureHub, _ moment: Moment) -> [String] {
    var broken: [String] = []
    for name in Disk.entries(below: home.blobs) {
      let found = Disk.sha256("\(home.blobs)/\(name)")
      if found != name { broken.append("I1 the blob \(name) has the hash \(found)") }
    }
    var named: [String: String] = [:]
    for name in Disk.entries(below: home.snapshots) {
      let path = "\(home.snapshots)/\(name)"
      guard Disk.kind(path) != S_IFDIR else { continue }
      let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      let blobs = URL(fileURLWithPath: home.blobs).resolvingSymlinksInPath().path
      guard Disk.kind(path) == S_IFLNK, target.hasPrefix("\(blobs)/"), Disk.kind(target) == S_IFREG else {
        broken.append("I1 the link \(name) leads to no blob")
        continue
      }
      named[String(name.split(separator: "/").last ?? "")] = String(target.dropFirst(blobs.count + 1))
    }
    for file in hub.shards.files where moment == .success && named[file.name] != file.sha256 {
      broken.append("I1 \(file.name) is \(named[file.name] ?? "missing") instead of \(file.sha256)")
    }
    return broken
  }

  /// I2: what has arrived stays, and is not fetched again.
  private static func waste(_ traffic: [Traffic], _ size: Int64) -> [String] {
    var broken: [String] = []
    if let last = traffic.last {
      if last.after < last.before - inFlight {
        broken.append("I2 of \(last.before) bytes that had arrived \(last.after) are left")
      }
      if last.served > max(0, size - last.before) + inFlight {
        broken.append("I2 \(last.served) bytes were sent though \(last.before) of \(size) had arrived")
      }
    }
    let lost = traffic.reduce(0) { $0 + $1.lost }
    let bound = min(budget, Int64(traffic.count) * inFlight)
    if lost > bound { broken.append("I2 \(lost) bytes in vain in \(traffic.count) starts, more than \(bound)") }
    return broken
  }

  /// I1 and I8: what the catalog calls verified is there, and a failure has a state and a reason.
  private static func told(_ home: TortureHome, _ glance: CatalogGlance?, _ moment: Moment) -> [String] {
    var broken: [String] = []
    for part in glance?.parts ?? [] where part.isVerified && Disk.kind("\(home.blobs)/\(part.hash)") != S_IFREG {
      broken.append("I1 the verified file \(part.hash) is missing")
    }
    for copy in glance?.copies ?? [] {
      if copy.isVerified, glance?.parts.contains(where: { !$0.isVerified }) != false {
        broken.append("I1 \(copy.repo) is \(copy.state), but not all of its files")
      }
      if moment == .success, !copy.isVerified { broken.append("I8 after a success \(copy.repo) is \(copy.state)") }
      if moment == .failure, copy.isVerified || copy.reason?.isEmpty != false {
        broken.append("I8 after a failure \(copy.repo) is \(copy.state), reason \(copy.reason ?? "none")")
      }
    }
    if moment == .success, glance?.copies.isEmpty != false { broken.append("I8 after a success there is no copy") }
    return broken
  }

  /// I3: every partial file is somebody's.
  private static func orphans(_ home: TortureHome, _ parts: [CatalogGlance.Part]) -> [String] {
    let open = parts.filter { !$0.isVerified }.map(\.hash)
    // One file tells this disk from others, and stays.
    return Disk.entries(below: home.partial)
      .filter { name in name != "store" && !open.contains { name.contains($0) } }
      .map { "I3 \($0) is left in the partial folder" }
  }

  /// I6: nothing else has changed.
  private static func changes(from old: [String: String], to new: [String: String]) -> [String] {
    Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
      "I6 \($0) was \(old[$0] ?? "absent") and is \(new[$0] ?? "gone")"
    }
  }

  /// I7: the token is nowhere.
  private static func leaks(_ home: TortureHome, _ said: String) -> [String] {
    var broken = Disk.files(below: home.root).filter { Disk.contains("\(home.root)/\($0)", TortureHub.token) }
      .map { "I7 the token is in \($0)" }
    if said.contains(TortureHub.token) { broken.append("I7 the token was printed") }
    return broken
  }
}
