/// `[[devices]]` of the configuration file: the devices that `fit` shows side by side.
enum DeviceTables {
  /// More do not fit beside each other.
  static let limit = 16

  private static let keys = ["name", "gpu", "vram", "local", "bandwidth", "price"]

  /// Reads the elements and adds what is wrong with them to `problems`.
  static func read(
    _ elements: [TOMLElement], into settings: inout Settings, _ problems: inout [SettingsError.Problem]
  ) {
    for element in elements {
      guard element.name == "devices" else {
        problems.append(.init(line: element.line, description: "unknown tables [[\(element.name)]]"))
        continue
      }
      let before = problems.count
      let device = device(element, &problems)
      guard problems.count == before else { continue }
      func refuse(_ reason: String) {
        problems.append(.init(line: element.line, description: "[[devices]] \(reason)"))
      }
      let ways = [device.gpu != nil, device.vram != nil, device.isLocal].count { $0 }
      if device.name.isEmpty {
        refuse("has no name")
      } else if ways != 1 {
        refuse("\"\(device.name)\" needs exactly one of gpu, vram and local = true")
      } else if settings.devices.contains(where: { $0.name == device.name }) {
        refuse("\"\(device.name)\" stands here twice")
      } else if settings.devices.count == limit {
        refuse("\"\(device.name)\" is one too many: \(limit) stand side by side at most")
      } else {
        settings.devices.append(device)
      }
    }
  }

  private static func device(
    _ element: TOMLElement, _ problems: inout [SettingsError.Problem]
  ) -> Settings.NamedDevice {
    var device = Settings.NamedDevice()
    for entry in element.entries {
      do throws(SettingRefusal) {
        switch entry.key {
        case "name": device.name = try name(entry.value)
        case "gpu": device.gpu = try name(entry.value)
        case "vram": device.vram = try entry.value.number(0.1...100_000)
        case "local": device.isLocal = try entry.value.flag()
        case "bandwidth": device.bandwidth = try entry.value.number(0.1...1_000_000)
        case "price": device.price = try entry.value.number(0...1_000_000)
        default:
          let nearest = Spelling.nearest(entry.key, in: keys)
          problems.append(
            .init(
              line: entry.line,
              description: ConfigurationFile.unknown("key \"\(entry.key)\" of [[devices]]", nearest: nearest)))
        }
      } catch {
        problems.append(
          .init(
            line: entry.line, description: "devices.\(entry.key) is \(entry.value.kind) but wants \(error.wanted)"))
      }
    }
    return device
  }

  /// A name for a column's head.
  private static func name(_ value: SettingValue) throws(SettingRefusal) -> String {
    let text = try value.text()
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value >= 32 && $0.value != 127 && !(128..<160).contains($0.value)
    }
    guard (1...60).contains(text.count), text.utf8.count <= 240, isPlain else {
      throw SettingRefusal(wanted: "1 to 60 printable characters")
    }
    return text
  }

  /// The elements of `settings`, or an example of them.
  static func documented(_ settings: Settings) -> [String] {
    let about = [
      "", "# Devices that `hubwatch fit` shows side by side, the cheapest first; [device] says how they are used.",
      "# Each has a name and one of gpu, vram (GiB) and local = true; price is for an hour, bandwidth in GB/s.",
    ]
    guard !settings.devices.isEmpty else {
      return about + [
        "#   [[devices]]", "#   name = \"rented A6000\"", "#   gpu = \"RTX A6000\"", "#   price = 0.8",
      ]
    }
    return about + settings.devices.flatMap { ["[[devices]]"] + $0.lines }
  }
}

extension Settings.NamedDevice {
  /// Its keys and values as TOML writes them.
  public var lines: [String] {
    var lines = ["name = \(SettingKey.quoted(name))"]
    if let gpu { lines.append("gpu = \(SettingKey.quoted(gpu))") }
    if let vram { lines.append("vram = \(vram)") }
    if isLocal { lines.append("local = true") }
    if let bandwidth { lines.append("bandwidth = \(bandwidth)") }
    if let price { lines.append("price = \(price)") }
    return lines
  }
}
