<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context>
    <name>FaceDialog</name>
    <message>
        <source>Age of the face</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>Ethnicity of the face</source>
        <translation>Ethnische Zugehörigkeit</translation>
    </message>
</context>
</TS>
