import Console
import Domain
import Fit

/// Says what models are judged against, where that is not what a person would expect.
enum DeviceNote {
  static func say(_ device: Device, _ voice: Voice) {
    guard device.source == .mainMemory else { return }
    voice.note(
      "No card is configured or found: planning for main memory, \(device.free.asMemory) of "
        + "\(device.total.asMemory) free. Set device.vram or device.gpu to plan for a card.")
  }
}
