import Domain
import Foundation

/// Cards of AMD and Intel as the kernel tells of them under `/sys/class/drm`.
///
/// Sources: the kernel's documentation of amdgpu (`mem_info_vram_total` and the like,
/// <https://docs.kernel.org/gpu/amdgpu/driver-misc.html>) and of i915 (`lmem_total_bytes`).
enum GraphicsFolders {
  /// The cards, and what could not be found out about others.
  static func cards(root: String) -> (cards: [DetectedCard], notes: [String]) {
    var (cards, notes) = ([DetectedCard](), [String]())
    // No such folder is the ordinary case on a machine without graphics.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    let folders = names.filter { $0.hasPrefix("card") && $0.dropFirst(4).allSatisfy(\.isNumber) && $0.count > 4 }
      .sorted { ($0.count, $0) < ($1.count, $1) }.prefix(64)
    for name in folders {
      let folder = "\(root)/\(name)"
      let device = "\(folder)/device"
      guard let vendor = SystemText.number("\(device)/vendor") else { continue }
      let id = SystemText.number("\(device)/device").map { String($0, radix: 16) } ?? ""
      switch vendor {
      case 0x1002:
        if let card = amd(device, id) {
          cards.append(card)
        } else {
          notes.append("\(name), a card of AMD, does not tell its memory")
        }
      case 0x8086:
        if let card = intel(folder, id) { cards.append(card) }
      default: continue
      }
    }
    return (cards, notes)
  }

  private static func amd(_ device: String, _ id: String) -> DetectedCard? {
    guard let total = SystemText.number("\(device)/mem_info_vram_total"), total > 0 else { return nil }
    let used = SystemText.number("\(device)/mem_info_vram_used") ?? 0
    let known = Card.all.filter { $0.pciDevices.contains(id) }
    let shared = SystemText.number("\(device)/mem_info_gtt_total") ?? 0
    let told = SystemText.read("\(device)/product_name")
    // A processor's own card has little memory that is set apart, and much that it shares.
    if known.first?.kind == .unified || known.isEmpty && total <= 4 << 30 && shared > total {
      let all = total.addingReportingOverflow(max(0, shared))
      guard !all.overflow else { return nil }
      let sharedUsed = SystemText.number("\(device)/mem_info_gtt_used") ?? 0
      let free = all.partialValue - min(all.partialValue, max(0, used)) - max(0, sharedUsed)
      return DetectedCard(
        name: known.first?.name ?? "processor graphics", total: all.partialValue, free: max(0, free), card: known.first,
        isUnified: true)
    }
    let nearest = known.min { abs($0.mebibytes - total >> 20) < abs($1.mebibytes - total >> 20) }
    return DetectedCard(
      name: told.flatMap { $0.isEmpty ? nil : $0 } ?? nearest?.name ?? "AMD card \(id)", total: total,
      free: total - min(total, max(0, used)), card: nearest)
  }

  /// Processors' own graphics have no memory of their own and are left out, since models run on the processor then.
  private static func intel(_ folder: String, _ id: String) -> DetectedCard? {
    let known = Card.all.first { $0.pciDevices.contains(id) }
    let told = SystemText.number("\(folder)/lmem_total_bytes") ?? known.map { $0.mebibytes << 20 }
    guard let total = told, total > 0 else { return nil }
    let free = SystemText.number("\(folder)/lmem_avail_bytes") ?? total
    return DetectedCard(
      name: known?.name ?? "Intel card \(id)", total: total, free: min(total, max(0, free)), card: known)
  }
}
