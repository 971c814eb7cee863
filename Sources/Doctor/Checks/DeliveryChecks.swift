import Foundation
import Settings
import Watch

/// The digest has a way to its reader that lacks something.
struct DeliveryWaysCheck: Check {
  let name = "delivery-ways"

  func look(at setup: Setup) -> [Finding] {
    guard setup.configurationError == nil else { return [] }
    do {
      try DeliverySecrets.check(setup.surroundings.environment, setup.settings)
      return []
    } catch {
      // What a unit gets as a credential, nobody else can see.
      return [
        .hint(
          "the digest may not leave: \(error.problem)",
          "Unless a service has it as a credential, no digest is sent that way.", mend: "hubwatch deliver --test")
      ]
    }
  }
}

/// Digests have not arrived.
struct DeliveryCheck: Check {
  let name = "delivery"

  func look(at setup: Setup) -> [Finding] {
    // A state that is no folder is the finding of another check.
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: setup.places.state, isDirectory: &isFolder), isFolder.boolValue else {
      return []
    }
    let (report, trouble) = OutboxReport.look(setup.places.state, at: setup.surroundings.now)
    if let trouble {
      let folder = Shell.word("\(setup.places.state)/outbox")
      return [.trouble(trouble, "No digest can be written or sent.", mend: "ls -ld \(folder)")]
    }
    return (report?.troubles ?? []).map { words in
      .trouble(words, "`hubwatch status` tells until when it is tried.", mend: "hubwatch deliver --test")
    }
  }
}
