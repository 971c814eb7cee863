import Domain
import Downloads
import Foundation
import Glibc

/// The folder of the models cannot be made or written.
struct CacheFolderCheck: Check {
  let name = "cache-folder"

  func look(at setup: Setup) -> [Finding] {
    FolderRights.findings(setup.places.cache, what: "the models' folder", "Nothing can be fetched.", setup)
  }
}

/// A disk is nearly full.
struct DiskRoomCheck: Check {
  let name = "disk-room"

  /// So much the database needs to go on.
  private static let needOfState = ByteCount(64 << 20)

  func look(at setup: Setup) -> [Finding] {
    var findings: [Finding] = []
    let floor = setup.settings.downloads.reserve
    if let disk = DiskReport(setup.places.cache, floor: floor), disk.free < disk.reserve {
      findings.append(
        .trouble(
          "the models' disk (\(setup.places.cache)) has \(disk.free.asDisk) left, of which \(disk.reserve.asDisk) stay free",
          "Nothing is fetched until there is more room.", mend: "hubwatch gc && hubwatch list --models --limit 50"))
    }
    if let disk = DiskReport(setup.places.state, floor: floor), disk.free < Self.needOfState {
      findings.append(
        .trouble(
          "the disk of the state (\(setup.places.state)) has \(disk.free.asDisk) left",
          "What is found out cannot be written down.",
          mend: "du -xh --max-depth=2 \(Shell.word(Setup.nearest(setup.places.state))) | sort -h | tail"))
    }
    return findings
  }
}

/// The disk with the models is not there, or another one is.
struct ModelsDiskCheck: Check {
  let name = "models-disk"

  func look(at setup: Setup) -> [Finding] {
    guard let catalog = setup.catalog else { return [] }
    do {
      try ModelStore(catalog: catalog, cache: HubCache(root: setup.places.cache)).expect()
      return []
    } catch let error as DownloadError {
      return [
        .trouble(
          error.problem,
          "Nothing is written there and nothing called lost; when this is the disk that is meant from now on, "
            + "`hubwatch gc` says so.", mend: "sudo mount -a && ls \(Shell.word(setup.places.cache))")
      ]
    } catch {
      // The catalog cannot be asked: its own check says why.
      return []
    }
  }
}

/// Where downloads under way lie.
struct PartialFolderCheck: Check {
  let name = "partial-folder"

  func look(at setup: Setup) -> [Finding] {
    let cache = setup.places.cache
    let parent = URL(fileURLWithPath: cache).deletingLastPathComponent().path
    var (ofCache, ofParent, ofPartial) = (stat(), stat(), stat())
    let partial = "\(parent)/hubwatch-partial"
    if lstat(partial, &ofPartial) == 0, ofPartial.st_uid != setup.surroundings.user {
      let user = Shell.word(setup.surroundings.userName)
      return [
        .trouble(
          "\(partial) belongs to user \(ofPartial.st_uid)", "Downloads under way cannot be kept there.",
          mend: "sudo chown -R \(user): \(Shell.word(partial))")
      ]
    }
    guard stat(cache, &ofCache) == 0, stat(parent, &ofParent) == 0, ofCache.st_dev != ofParent.st_dev else { return [] }
    return [
      .hint(
        "\(cache) is on another file system than \(parent)",
        "Downloads under way therefore lie in \(cache)/.hubwatch, about which `hf cache ls` says a word; a folder below has room "
          + "for both.", mend: "export HF_HUB_CACHE=\(Shell.word("\(cache)/hub"))")
    ]
  }
}

/// What lies there is more than may lie there.
struct QuotaCheck: Check {
  let name = "quota"

  func look(at setup: Setup) -> [Finding] {
    let quota = setup.settings.downloads.quota
    guard let used = setup.ask({ try $0.bytesOnDisk() }), used > quota.bytes else { return [] }
    return [
      .trouble(
        "hubwatch's models take \(ByteCount(used).asDisk), and downloads.quota allows \(quota.asDisk)",
        "Nothing more is fetched until some are dropped or the quota is raised.",
        mend: "hubwatch list --models --limit 50 && hubwatch drop MODEL")
    ]
  }
}

/// The folder for temporary files.
struct TemporaryFolderCheck: Check {
  let name = "temporary-folder"

  private static let need = ByteCount(64 << 20)

  func look(at setup: Setup) -> [Finding] {
    let named = setup.surroundings.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 }
    let folder = named ?? setup.surroundings.system("/tmp")
    var info = stat()
    guard stat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR,
      setup.surroundings.may(W_OK | X_OK, folder)
    else {
      return [
        .trouble(
          "the folder for temporary files, \(folder), is missing or cannot be written",
          "git and the demo need it.",
          mend: named == nil ? "sudo install -d -m 1777 \(Shell.word(folder))" : "export TMPDIR=/tmp")
      ]
    }
    guard let disk = DiskReport(folder, floor: DiskFloor(bytes: ByteCount(0))), disk.free < Self.need else { return [] }
    return [
      .trouble(
        "the folder for temporary files, \(folder), has \(disk.free.asDisk) left", "git and the demo need it.",
        mend: "du -xh --max-depth=1 \(Shell.word(folder)) | sort -h | tail")
    ]
  }
}
